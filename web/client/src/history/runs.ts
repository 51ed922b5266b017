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
 * Neighbours of one author and version are one run. Costs the components, and for what is kept a copy of its runs.
 * Throws AttributionMismatch.
 */
export function advanced(runs: readonly AttributionRun[], op: DocOp, by: Authorship): readonly AttributionRun[] {
  const reader = new RunReader(runs);
  const writer = new RunWriter();
  for (const component of op) {
    if ("retain" in component) reader.keep(component.retain, writer);
    else if ("replattrs" in component || "updattrs" in component) reader.keep(1, writer);
    else if ("chars" in component) writer.add({ items: codePoints(component.chars), ...by });
    else if ("start" in component || "end" in component) writer.add({ items: 1, ...by });
    else if ("delchars" in component) reader.skip(codePoints(component.delchars));
    else if ("delstart" in component || "delend" in component) reader.skip(1);
  }
  if (!reader.ended) throw new AttributionMismatch("an operation ends before the document that it is for");
  return writer.finish();
}

/** One run for a whole document. */
export function wholly(items: number, by: Authorship): readonly AttributionRun[] {
  return items === 0 ? [] : [{ items, author: by.author, version: by.version }];
}

/** Walks over runs, in pieces of any number of items. */
class RunReader {
  readonly #runs: readonly AttributionRun[];
  #index = 0;
  #offset = 0; // items of the run at the index that are behind

  constructor(runs: readonly AttributionRun[]) {
    this.#runs = runs;
  }

  get ended(): boolean {
    return this.#index === this.#runs.length;
  }

  /** Give the next items to a writer. Whole runs go together. */
  keep(items: number, to: RunWriter): void {
    const first = this.#index;
    const begun = this.#offset;
    this.skip(items);
    const end = this.#index;
    if (first === end) {
      this.#part(first, this.#offset - begun, to);
      return;
    }
    if (begun > 0) this.#part(first, (this.#runs[first]?.items ?? 0) - begun, to);
    to.addAll(this.#runs.slice(begun > 0 ? first + 1 : first, end));
    this.#part(end, this.#offset, to);
  }

  /** Leave the next items behind. Throws AttributionMismatch when there are not so many. */
  skip(items: number): void {
    let left = this.#offset + items;
    for (let index = this.#index; index < this.#runs.length; index += 1) {
      const length = this.#runs[index]?.items ?? 0;
      if (left < length) {
        this.#index = index;
        this.#offset = left;
        return;
      }
      left -= length;
    }
    if (left > 0) throw new AttributionMismatch("an operation goes past the document that it is for");
    this.#index = this.#runs.length;
    this.#offset = 0;
  }

  #part(index: number, items: number, to: RunWriter): void {
    const run = this.#runs[index];
    if (run !== undefined && items > 0) to.add({ ...run, items });
  }
}

/** Puts runs after each other. */
class RunWriter {
  readonly #pieces: AttributionRun[][] = [[]];

  add(run: AttributionRun): void {
    const piece = this.#pieces.at(-1) ?? [];
    const last = piece.at(-1);
    if (last !== undefined && last.author === run.author && last.version === run.version) {
      piece[piece.length - 1] = { ...last, items: last.items + run.items };
    } else {
      piece.push(run);
    }
  }

  /** Add runs of which no two neighbours are alike; the array becomes the writer's. */
  addAll(runs: AttributionRun[]): void {
    const first = runs[0];
    const last = this.#pieces.at(-1)?.at(-1);
    if (first === undefined) return;
    if (last !== undefined && last.author === first.author && last.version === first.version) {
      this.add(first);
      runs.shift();
    }
    if (runs.length > 0) this.#pieces.push(runs);
  }

  finish(): readonly AttributionRun[] {
    const [first, ...rest] = this.#pieces;
    return first === undefined ? [] : first.concat(...rest);
  }
}
