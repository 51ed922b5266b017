/**
 * Who changed a blip, and when last; what of it somebody has not read.
 *
 * What happened before the wave was opened comes from the attribution of its text; what happens while it is
 * open comes from the operations themselves. Times are in ms since 1970.
 *
 * Source: CONVERSATION.md, "Per-user data"; wave_server/modifications.py counts the same way.
 */
import type { DocOp } from "../ot";

/** A change to a blip. */
export interface Modification {
  readonly version: number;
  readonly author: string;
  /** null where only the version is known. */
  readonly timestamp: number | null;
}

/** What is known about a blip's past. */
export interface BlipActivity {
  /** In the order of their first contribution that we know of. */
  readonly authors: readonly string[];
  /** The last change by each of them. */
  readonly latest: ReadonlyMap<string, Modification>;
}

/** Nothing known. */
export const UNKNOWN: BlipActivity = { authors: [], latest: new Map() };

/** A piece of text: who wrote it, and in which version. */
export interface Written {
  readonly author: string;
  readonly version: number;
}

/** A blip's activity after a change to it. */
export function changed(activity: BlipActivity, change: Modification): BlipActivity {
  return {
    authors: withAuthor(activity.authors, change.author),
    latest: new Map(activity.latest).set(change.author, change),
  };
}

/** What is known of a blip, with what its text tells. `timeOf` gives the time of a version, if it is known. */
export function withText(
  known: BlipActivity,
  text: readonly Written[],
  timeOf: (version: number) => number | null,
): BlipActivity {
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  for (const { author, version } of text) {
    first.set(author, Math.min(first.get(author) ?? version, version));
    last.set(author, Math.max(last.get(author) ?? version, version));
  }
  const inOrder = [...first].sort(([, one], [, other]) => one - other).map(([author]) => author);
  const latest = new Map(known.latest);
  for (const [author, version] of last) {
    if ((latest.get(author)?.version ?? 0) < version)
      latest.set(author, { author, version, timestamp: timeOf(version) });
  }
  return { authors: known.authors.reduce<readonly string[]>(withAuthor, inOrder), latest };
}

/** The last change of all; null while none is known. */
export function lastOf(activity: BlipActivity): Modification | null {
  let last: Modification | null = null;
  for (const change of activity.latest.values()) if (last === null || change.version > last.version) last = change;
  return last;
}

/** Whether somebody else has changed the blip after the version that the reader has read. */
export function isUnread(activity: BlipActivity, self: string, readVersion: number): boolean {
  for (const { author, version } of activity.latest.values()) if (author !== self && version > readVersion) return true;
  return false;
}

/** The original server's cursors are annotations: moving one changes nothing that is read. */
const CURSOR = "user/";

/** Whether an operation changes what a reader sees. */
export function changesText(op: DocOp): boolean {
  return op.some((component) => {
    if ("ann" in component) return component.ann.change?.some(([key]) => !key.startsWith(CURSOR)) === true;
    return !("retain" in component);
  });
}

function withAuthor(authors: readonly string[], author: string): readonly string[] {
  return authors.includes(author) ? authors : [...authors, author];
}
