/**
 * Which versions of which blips somebody has read: the document `m/read` of their user-data wavelet.
 *
 * Entries only ever grow, and the largest counts. The original names wavelets by their serialised ids, with
 * or without a domain; a path of ours ends in the same two parts.
 *
 * Source: CONVERSATION.md, "Per-user data".
 */
import type { WaveDocument } from "../ot";
import { parseWaveletPath } from "./names";

/** The id of the document that holds the read marks. */
export const READ_STATE = "m/read";

/** Read marks of one wavelet. Versions are the wavelet's; `all` counts for every blip. */
export interface ReadMarks {
  readonly blips: ReadonlyMap<string, number>;
  readonly all: number;
}

/** Nothing read yet. */
export const NOTHING_READ: ReadMarks = { blips: new Map(), all: 0 };

/** The marks of the wavelet with this path. */
export function readMarks(document: WaveDocument | undefined, path: string): ReadMarks {
  const blips = new Map<string, number>();
  let all = 0;
  let ours = false;
  for (const run of document?.runs() ?? []) {
    if (run.kind !== "start") continue;
    const version = versionOf(run.attributes.v);
    const id = run.attributes.i ?? "";
    if (run.type === "wavelet") ours = names(id, path);
    else if (ours && run.type === "blip" && id !== "") blips.set(id, Math.max(blips.get(id) ?? 0, version));
    else if (ours && run.type === "all") all = Math.max(all, version);
  }
  return { blips, all };
}

/** Up to which version the blip has been read; 0 when never. */
export function readVersion(marks: ReadMarks, blip: string): number {
  return Math.max(marks.blips.get(blip) ?? 0, marks.all);
}

/** Both marks in one: the larger of each. */
export function mergeMarks(one: ReadMarks, other: ReadMarks): ReadMarks {
  const blips = new Map(one.blips);
  for (const [blip, version] of other.blips) blips.set(blip, Math.max(blips.get(blip) ?? 0, version));
  return { blips, all: Math.max(one.all, other.all) };
}

/** Whether an entry's name means the wavelet with this path. */
function names(entry: string, path: string): boolean {
  const wavelet = parseWaveletPath(path);
  if (wavelet === null || entry === "") return false;
  const [id, domain] = entry.split(/[!/]/u).reverse();
  return id === wavelet.id && (domain === undefined || domain === "~" || domain === wavelet.domain);
}

function versionOf(text: string | undefined): number {
  const version = Number(text ?? 0);
  return Number.isSafeInteger(version) && version > 0 ? version : 0;
}
