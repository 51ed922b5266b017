/**
 * Who changed a blip last, and who contributed to it.
 *
 * What happened before the wave was opened comes from the attribution of its text; what happens while it is
 * open comes from the operations themselves. Times are in ms since 1970.
 */

/** The last change to a blip. */
export interface Modification {
  readonly version: number;
  readonly author: string;
  /** null where only the version is known. */
  readonly timestamp: number | null;
}

/** What is known about a blip's past. Authors are in the order of their first contribution that we know of. */
export interface BlipActivity {
  readonly last: Modification | null;
  readonly authors: readonly string[];
}

/** Nothing known. */
export const UNKNOWN: BlipActivity = { last: null, authors: [] };

/** A piece of text: who wrote it, and in which version. */
export interface Written {
  readonly author: string;
  readonly version: number;
}

/** A blip's activity after a change to it. */
export function changed(activity: BlipActivity, change: Modification): BlipActivity {
  return { last: change, authors: withAuthor(activity.authors, change.author) };
}

/** What is known of a blip, with what its text tells. `timeOf` gives the time of a version, if it is known. */
export function withText(
  known: BlipActivity,
  text: readonly Written[],
  timeOf: (version: number) => number | null,
): BlipActivity {
  const first = new Map<string, number>();
  let latest: Written | null = null;
  for (const piece of text) {
    first.set(piece.author, Math.min(first.get(piece.author) ?? piece.version, piece.version));
    if (latest === null || piece.version > latest.version) latest = piece;
  }
  const inOrder = [...first].sort(([, one], [, other]) => one - other).map(([author]) => author);
  const authors = known.authors.reduce<readonly string[]>(withAuthor, inOrder);
  if (latest === null || (known.last !== null && known.last.version >= latest.version)) {
    return { last: known.last, authors };
  }
  const { author, version } = latest;
  return { last: { author, version, timestamp: timeOf(version) }, authors };
}

/** Whether the reader has something new before them: the last change is someone else's and above the mark. */
export function isUnread(activity: BlipActivity, self: string, readVersion: number): boolean {
  return activity.last !== null && activity.last.author !== self && activity.last.version > readVersion;
}

function withAuthor(authors: readonly string[], author: string): readonly string[] {
  return authors.includes(author) ? authors : [...authors, author];
}
