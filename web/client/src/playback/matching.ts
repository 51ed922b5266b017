/**
 * What two documents have in common, wherever it stands: words and elements, found by a shortest edit script. Pure.
 *
 * Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy algorithm of section 4.
 */

/** A stretch of `length` tokens that both sequences have, at `before` in the one and at `after` in the other. */
export interface Match {
  readonly before: number;
  readonly after: number;
  readonly length: number;
}

/**
 * The stretches, in order, that a shortest way from `before` to `after` keeps; none when more than `limit` tokens would
 * have to go and come. Costs the tokens, and the square of those that differ.
 */
export function matches(before: readonly string[], after: readonly string[], limit: number): readonly Match[] {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const inner = between(before.slice(start, before.length - end), after.slice(start, after.length - end), limit);
  return [
    { before: 0, after: 0, length: start },
    ...inner.map((match) => ({ ...match, before: match.before + start, after: match.after + start })),
    { before: before.length - end, after: after.length - end, length: end },
  ].filter((match) => match.length > 0);
}

function between(before: readonly string[], after: readonly string[], limit: number): readonly Match[] {
  const reached = furthest(before, after, limit);
  return reached === null ? [] : traced(before, after, reached);
}

/** For each number of changes, how far into `before` one gets on each diagonal; null when the limit is not enough. */
function furthest(
  before: readonly string[],
  after: readonly string[],
  limit: number,
): readonly ReadonlyMap<number, number>[] | null {
  const rounds: Map<number, number>[] = [];
  for (let changes = 0; changes <= Math.min(limit, before.length + after.length); changes++) {
    const round = new Map<number, number>();
    rounds.push(round);
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = entry(rounds[changes - 1], diagonal, changes);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      round.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return rounds;
    }
  }
  return null;
}

/** Where a diagonal is entered in a round: by an insertion from the one above, or a deletion from the one below. */
function entry(previous: ReadonlyMap<number, number> | undefined, diagonal: number, changes: number): number {
  if (previous === undefined) return 0;
  return isInsertion(previous, diagonal, changes)
    ? (previous.get(diagonal + 1) ?? 0)
    : (previous.get(diagonal - 1) ?? 0) + 1;
}

function isInsertion(previous: ReadonlyMap<number, number>, diagonal: number, changes: number): boolean {
  if (diagonal === -changes) return true;
  return diagonal !== changes && (previous.get(diagonal - 1) ?? 0) < (previous.get(diagonal + 1) ?? 0);
}

/** The way back from the end, as what it keeps. */
function traced(
  before: readonly string[],
  after: readonly string[],
  rounds: readonly ReadonlyMap<number, number>[],
): readonly Match[] {
  const found: Match[] = [];
  let x = before.length;
  let diagonal = before.length - after.length;
  for (let changes = rounds.length - 1; changes >= 0; changes--) {
    const previous = rounds[changes - 1];
    const from = entry(previous, diagonal, changes);
    if (x > from) found.push({ before: from, after: from - diagonal, length: x - from });
    if (previous === undefined) break;
    const insertion = isInsertion(previous, diagonal, changes);
    diagonal += insertion ? 1 : -1;
    x = insertion ? from : from - 1;
  }
  return found.reverse();
}
