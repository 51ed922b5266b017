/**
 * Random identifiers: at least 64 random bits in URL-safe base64, behind the token of their kind.
 *
 * Source: CONVERSATION.md, "Identifiers".
 */

/** Fills the array with random bytes and returns it, as `crypto.getRandomValues` does. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

const BYTES = 9; // 72 bits: the first multiple of three bytes with 64, so that base64 needs no padding

/** The browser's own source of randomness. */
const systemRandom: FillRandom = (bytes) => crypto.getRandomValues(bytes);

/** 72 random bits in 12 characters of URL-safe base64. */
export function randomToken(fill: FillRandom = systemRandom): string {
  const bytes = fill(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** The id of a new blip. It serves as the id of the thread that the blip begins, too, as in the original. */
export function newBlipId(fill: FillRandom = systemRandom): string {
  return `b+${randomToken(fill)}`;
}
