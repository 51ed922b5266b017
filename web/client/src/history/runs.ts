/** Who wrote what, as runs of items. Pure. */
import { codePoints, type DocOp } from "../ot";

/** Neighbouring items that one delta inserted. */
export interface AttributionRun {
  readonly items: number;
  readonly author: string;
  /** The version that the delta led to. */
  readonly version: number;
}

/** Whose an operation is, and which version it leads to. */
export interface Authorship {
  readonly author: string;
  readonly version: number;
}

/** The operation does not walk the document that the runs are of. */
export class AttributionMismatch extends Error {
  override readonly name = "AttributionMismatch";
}

/** The items that all runs have together. */
export function itemsOf(runs: readonly AttributionRun[]): number {
  return runs.reduce((items, run) => items + run.items, 0);
}

/**
 * The runs after an operation: what it inserts is the author's, what it keeps stays whose it was.
 *
 * Neighbours of one author and version are one run. Linear in the runs before the last change and in the components;
 * what follows is copied. Throws AttributionMismatch.
 */
export function advanced(runs: readonly AttributionRun[], op: DocOp, by: Authorship): readonly AttributionRun[] {
  const reader = new RunReader(runs);
  const after: AttributionRun[] = [];
  for (const component of op) {
    if ("retain" in component) reader.take(component.retain, (run) => append(after, run));
    else if ("replattrs" in component || "updattrs" in component) reader.take(1, (run) => append(after, run));
    else if ("chars" in component) append(after, { items: codePoints(component.chars), ...by });
    else if ("start" in component || "end" in component) append(after, { items: 1, ...by });
    else if ("delchars" in component) reader.take(codePoints(component.delchars), ignore);
    else if ("delstart" in component || "delend" in component) reader.take(1, ignore);
  }
  if (!reader.ended) throw new AttributionMismatch("an operation ends before the document that it is for");
  return after;
}

/** One run for a whole document. */
export function wholly(items: number, by: Authorship): readonly AttributionRun[] {
  return items === 0 ? [] : [{ items, author: by.author, version: by.version }];
}

function ignore(): void {
  // what is deleted is nobody's any more
}

function append(runs: AttributionRun[], run: AttributionRun): void {
  const last = runs.at(-1);
  if (last !== undefined && last.author === run.author && last.version === run.version) {
    runs[runs.length - 1] = { ...last, items: last.items + run.items };
  } else {
    runs.push(run);
  }
}

/** Walks over runs, in pieces of any number of items. */
class RunReader {
  readonly #runs: readonly AttributionRun[];
  #index = 0;
  #offset = 0; // items of the run at the index that have been taken

  constructor(runs: readonly AttributionRun[]) {
    this.#runs = runs;
  }

  get ended(): boolean {
    return this.#index === this.#runs.length;
  }

  take(items: number, give: (run: AttributionRun) => void): void {
    let left = items;
    while (left > 0) {
      const run = this.#runs[this.#index];
      if (run === undefined) throw new AttributionMismatch("an operation goes past the document that it is for");
      const taken = Math.min(left, run.items - this.#offset);
      give(taken === run.items ? run : { ...run, items: taken });
      left -= taken;
      this.#offset += taken;
      if (this.#offset === run.items) {
        this.#index += 1;
        this.#offset = 0;
      }
    }
  }
}
