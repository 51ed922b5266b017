/**
 * Chunks: a document's runs, in groups that documents and their clones share.
 *
 * Chunks are values. An edit writes the list of chunks anew, in which all but those that it touches are the old ones; so
 * it costs what one chunk and the list are long, about the square root of the document, and a failed edit has done nothing.
 */

import { joinedRuns, type Run } from "./runs";

/** Some neighbouring runs, at least one. `items` is their length together. */
export type Chunk = { readonly runs: readonly Run[]; readonly items: number };

/** Runs in one chunk at most. */
const FULL = 128;

/** A chunk with fewer runs is joined with its neighbour when it is written. */
const FEW = 32;

/** Writes a list of chunks: runs one by one, and whole chunks of the old list. */
export class ChunkWriter {
  readonly #chunks: Chunk[] = [];
  #runs: Run[] = []; // not yet in a chunk

  /** Append a run, or let the last one grow by it. */
  push(run: Run): void {
    const last = this.#runs.at(-1);
    const joined = last === undefined ? undefined : joinedRuns(last, run);
    if (joined === undefined) this.#runs.push(run);
    else this.#runs[this.#runs.length - 1] = joined;
  }

  /** Append a chunk of the old list as it is, unless that would leave a small one beside it. */
  share(chunk: Chunk): void {
    const waiting = this.#runs.length;
    if (waiting > 0 && (waiting < FEW || chunk.runs.length < FEW)) {
      for (const run of chunk.runs) this.push(run);
      return;
    }
    this.#flush();
    this.#chunks.push(chunk);
  }

  /** The list written. The writer is used up. */
  finish(): readonly Chunk[] {
    const previous = this.#chunks.at(-1);
    if (previous !== undefined && this.#runs.length > 0 && this.#runs.length < FEW) {
      const last = this.#runs;
      this.#chunks.pop();
      this.#runs = [...previous.runs];
      for (const run of last) this.push(run);
    }
    this.#flush();
    return this.#chunks;
  }

  /** Put the waiting runs into chunks of even length. */
  #flush(): void {
    const runs = this.#runs;
    if (runs.length === 0) return;
    const length = Math.ceil(runs.length / Math.ceil(runs.length / FULL));
    for (let start = 0; start < runs.length; start += length) {
      this.#chunks.push(chunkOf(runs.length <= length ? runs : runs.slice(start, start + length)));
    }
    this.#runs = [];
  }
}

function chunkOf(runs: readonly Run[]): Chunk {
  let items = 0;
  for (const run of runs) items += run.items;
  return { runs, items };
}
