/**
 * Names of waves and wavelets, and addresses of people, as far as the browser takes them apart.
 *
 * Source: CONVERSATION.md, "Identifiers"; docs/protocol.md, "Words".
 */

/** The parts of a wavelet's path. `domain` is the wavelet's own, never "~". */
export interface WaveletParts {
  /** The wave: `waveDomain/waveId`. */
  readonly wave: string;
  readonly domain: string;
  readonly id: string;
}

/** Take a path such as `localhost/w+x/~/conv+root` apart; null when it has not four parts. */
export function parseWaveletPath(path: string): WaveletParts | null {
  const [waveDomain, waveId, domain, id, ...more] = path.split("/");
  if (!waveDomain || !waveId || !domain || !id || more.length > 0) return null;
  return { wave: `${waveDomain}/${waveId}`, domain: domain === "~" ? waveDomain : domain, id };
}

/** The domain whose server hosts the wavelet with this path; "" when it is none. */
export function hostOf(path: string): string {
  return parseWaveletPath(path)?.domain ?? "";
}

/** The path of the wavelet `id` of `domain` in `wave` (`waveDomain/waveId`). */
export function waveletPath(wave: string, domain: string, id: string): string {
  return `${wave}/${domain === domainOfWave(wave) ? "~" : domain}/${id}`;
}

/** The domain of a wave, `waveDomain/waveId`. */
export function domainOfWave(wave: string): string {
  return wave.slice(0, wave.indexOf("/"));
}

/** What follows the last "@" of an address. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

/** The wavelet that somebody's read marks and the like of `wave` are kept in. */
export function userWaveletPath(wave: string, address: string): string {
  return waveletPath(wave, domainOf(address), `user+${address}`);
}

/** What an address typed by a person comes to. */
export type TypedAddress =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "empty" }
  | { readonly kind: "malformed" };

const LONGEST_ADDRESS = 255;
const ADDRESS = /^[^\s@/:"'<>\p{Cc}]*@[^\s@/:"'<>\p{Cc}]+$/u;

/**
 * Read what somebody typed as a wave address: lower-cased, completed with `domain` when it names none.
 * `@domain` alone is everybody of a domain.
 */
export function readAddress(typed: string, domain: string): TypedAddress {
  const text = typed.trim().toLowerCase();
  if (text === "") return { kind: "empty" };
  const address = text.includes("@") ? text : `${text}@${domain}`;
  if (address.length > LONGEST_ADDRESS || !ADDRESS.test(address)) return { kind: "malformed" };
  return { kind: "address", address };
}

/** Whether this is the shared participant of a domain, `@domain`. */
export function isShared(address: string): boolean {
  return address.startsWith("@");
}
