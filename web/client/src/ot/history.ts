/** The beginning of the hash chain that makes a wavelet's history tamper-evident. Source: DESIGN.md, section 4; OT.md, H1. */

import { hasBarredCharacter } from "./characters";
import { InvalidName } from "./errors";

/**
 * The hash of version 0, before anything has happened: the UTF-8 bytes of the wavelet's URI, in base64url.
 *
 * `waveletPath` is the wavelet's name, `waveDomain/waveId/waveletDomain/waveletId`, with `~` for a wavelet domain equal
 * to the wave's. Throws InvalidName when it is not of that shape.
 */
export function versionZeroHash(waveletPath: string): string {
  const units = Array.from(new TextEncoder().encode(waveletUri(waveletPath)), (byte) => String.fromCharCode(byte));
  return btoa(units.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** `wave://waveletDomain/[waveDomain!]waveId/waveletId`, percent-escaped. Throws InvalidName as above. */
export function waveletUri(waveletPath: string): string {
  const [waveDomain, wave, waveletDomain, wavelet, ...more] = waveletPath.split("/");
  if (!waveDomain || !wave || !waveletDomain || !wavelet || more.length > 0) {
    throw new InvalidName("a wavelet's name has four parts: waveDomain/waveId/waveletDomain/waveletId");
  }
  if (hasBarredCharacter(waveletPath)) throw new InvalidName("a wavelet's name holds a surrogate or a noncharacter");
  if (waveletDomain === waveDomain) throw new InvalidName("a wavelet's name repeats the wave's domain: write ~ there");
  const ownDomain = waveletDomain === "~";
  const parts = [ownDomain ? waveDomain : waveletDomain, ownDomain ? wave : `${waveDomain}!${wave}`, wavelet];
  return `wave://${parts.map(escaped).join("/")}`;
}

/** Percent-escapes everything but ASCII letters, digits and `:@!$&'()*+,;=-._~`, as the original server does. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, decodeURIComponent);
}
