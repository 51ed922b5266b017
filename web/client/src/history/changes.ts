/** What others wrote since somebody read. Pure. */
import type { AttributionRun } from "./runs";

/** Items from `from` to before `to`. */
export interface ItemRange {
  readonly from: number;
  readonly to: number;
}

/** The items that others than `self` inserted after `version`, in order, neighbouring ones as one range. */
export function changesSince(runs: readonly AttributionRun[], version: number, self: string): readonly ItemRange[] {
  return ranges(runs, (run) => run.version > version && run.author !== self);
}

/** The items that the delta to `version` inserted. */
export function insertedBy(runs: readonly AttributionRun[], version: number): readonly ItemRange[] {
  return ranges(runs, (run) => run.version === version);
}

function ranges(runs: readonly AttributionRun[], counts: (run: AttributionRun) => boolean): readonly ItemRange[] {
  const found: ItemRange[] = [];
  let at = 0;
  for (const run of runs) {
    const to = at + run.items;
    if (counts(run)) {
      const last = found.at(-1);
      if (last !== undefined && last.to === at) found[found.length - 1] = { from: last.from, to };
      else found.push({ from: at, to });
    }
    at = to;
  }
  return found;
}
