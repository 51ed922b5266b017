/** A history as a line of changes: where one is on it, and where one goes from there. Pure. */

/** A change: the version that it led to, when (ms since 1970), and whose it was. */
export interface TimelinePoint {
  readonly version: number;
  readonly timestamp: number;
  readonly author: string;
}

/** A whole history in at most 2000 points; each stands for what happened since the one before. */
export interface Timeline {
  readonly version: number;
  readonly created: number;
  /** In order, the last at `version`. */
  readonly points: readonly TimelinePoint[];
}

/** A part of the line that one person wrote, from after one version to another. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly author: string;
}

/** A pause after which one takes up something new, in ms. */
export const PAUSE = 10 * 60_000;

/** The index of the last point at `version` or before; -1 before the first. */
export function pointUpTo(points: readonly TimelinePoint[], version: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.version ?? 0) <= version) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The version of the point nearest to `version`; the beginning counts as one. */
export function nearestPoint(points: readonly TimelinePoint[], version: number): number {
  const index = pointUpTo(points, version);
  const before = points[index]?.version ?? 0;
  const after = points[index + 1]?.version ?? before;
  return version - before <= after - version ? before : after;
}

/** The parts of the line by whom they were written, neighbours of one author as one. */
export function stretches(points: readonly TimelinePoint[]): readonly Stretch[] {
  const found: Stretch[] = [];
  let from = 0;
  for (const point of points) {
    const last = found.at(-1);
    if (last?.author === point.author) found[found.length - 1] = { ...last, to: point.version };
    else found.push({ from, to: point.version, author: point.author });
    from = point.version;
  }
  return found;
}

/** Who wrote, those who wrote most first. */
export function authorsOf(timeline: Timeline): readonly string[] {
  const share = new Map<string, number>();
  for (const { author, from, to } of stretches(timeline.points))
    share.set(author, (share.get(author) ?? 0) + to - from);
  return [...share].sort(([, one], [, other]) => other - one).map(([author]) => author);
}

/**
 * Where the next contribution begins to be seen: the first change after `version` by another person than the one
 * before it, or after a pause. The newest version when there is none.
 */
export function nextContribution(points: readonly TimelinePoint[], version: number): number {
  for (let index = Math.max(1, pointUpTo(points, version) + 1); index < points.length; index += 1)
    if (begins(points, index)) return points[index]?.version ?? version;
  return points.at(-1)?.version ?? version;
}

/** The one before: where the last contribution before `version` began; the beginning when there is none. */
export function previousContribution(points: readonly TimelinePoint[], version: number): number {
  for (let index = points.length - 1; index > 0; index -= 1) {
    const point = points[index];
    if (point !== undefined && point.version < version && begins(points, index)) return point.version;
  }
  const first = points[0]?.version ?? 0;
  return first < version ? first : 0;
}

function begins(points: readonly TimelinePoint[], index: number): boolean {
  const before = points[index - 1];
  const point = points[index];
  if (before === undefined || point === undefined) return true;
  return before.author !== point.author || point.timestamp - before.timestamp >= PAUSE;
}
