/**
 * Addresses that a link may lead to.
 *
 * Only http, https, mailto, xmpp and wave: everything else, javascript: first of all, is never made into a link, and one
 * in a document is shown as plain text.
 */

const SCHEMES = new Set(["http:", "https:", "mailto:", "xmpp:", "wave:"]);
const WAVE_ID = /^(?:wave:\/\/)?([^/!]+)[/!](w\+[^/]+)/;

/** The address to write for what somebody typed or pasted, or null when it is none that a link may have. */
export function linkAddress(typed: string): string | null {
  const text = typed.trim();
  if (text === "" || /[\s\p{Cc}]/u.test(text)) return null;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/:]+:[0-9]+(?:\/|$)/.test(text)) return isAllowed(text) ? text : null;
  if (/^[^@/]+@[^@/]+\.[^@/.]+$/.test(text)) return `mailto:${text}`;
  const web = `https://${text}`;
  return /^[^/.]+(?:\.[^/.]+)+/.test(text) && isAllowed(web) ? web : null;
}

/** Whether a link may lead to this address as it stands. */
function isAllowed(address: string): boolean {
  try {
    const url = new URL(address);
    if (!SCHEMES.has(url.protocol)) return false;
    return url.protocol === "http:" || url.protocol === "https:"
      ? url.hostname !== ""
      : address.length > url.protocol.length;
  } catch {
    return false; // not an address at all
  }
}

/** Where a click on a link annotation leads: an address, a page of ours for a wave, or null when it must not be followed. */
export function linkTarget(kind: "link" | "linkAuto" | "linkWave", value: string): string | null {
  const wave = kind === "linkWave" || value.startsWith("wave:") ? WAVE_ID.exec(value) : null;
  if (wave !== null) return `/wave/${encodeURIComponent(wave[1] ?? "")}/${encodeURIComponent(wave[2] ?? "")}`;
  return isAllowed(value) ? value : null;
}

const URL_IN_TEXT =
  /\b(?:https?:\/\/|www\.)[^\s<>"“”„«»]+|\b[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+\b/giu;

/** A link found in a text: UTF-16 offsets, and where it leads. */
export interface FoundLink {
  readonly from: number;
  readonly to: number;
  readonly address: string;
}

/** The addresses in a text, without the punctuation that ends a sentence or closes a bracket opened before. */
export function findLinks(text: string): readonly FoundLink[] {
  const found: FoundLink[] = [];
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const trimmed = withoutTrailing(match[0]);
    const address = linkAddress(trimmed);
    if (address !== null) found.push({ from: match.index, to: match.index + trimmed.length, address });
  }
  return found;
}

function withoutTrailing(address: string): string {
  let text = address;
  for (;;) {
    const last = text.at(-1) ?? "";
    const unopened = (last === ")" && !text.includes("(")) || (last === "]" && !text.includes("["));
    if (!unopened && !/[.,;:!?'"*_~]/.test(last)) return text;
    text = text.slice(0, -1);
  }
}
