/** WaveDocument: the state that operations apply to, changed in place. */

import { type Annotations, boundaryBetween, NO_ANNOTATIONS, sameAnnotations } from "./annotations";
import type { Chunk } from "./chunks";
import type { Component, DocOp } from "./components";
import { InvalidOperation } from "./errors";
import { rewritten } from "./rewriting";
import { type Run, type TextRun, unitAfter } from "./runs";
import { illFormedness } from "./wellFormedness";

/**
 * A structured document: characters, element starts and element ends in a row, each with annotations.
 *
 * Positions and lengths count items, and a character is one Unicode code point. Text is held in runs. An edit costs
 * what it touches, and a little that grows with the square root of the document.
 */
export class WaveDocument {
  #chunks: readonly Chunk[];
  #size: number;

  private constructor(chunks: readonly Chunk[], size: number) {
    this.#chunks = chunks;
    this.#size = size;
  }

  /** A document without any items. */
  static empty(): WaveDocument {
    return new WaveDocument([], 0);
  }

  /**
   * The document that `op`, which only inserts, makes of the empty one.
   *
   * Throws InvalidOperation when it is ill-formed, or does not apply to the empty document.
   */
  static fromOp(op: DocOp): WaveDocument {
    const document = WaveDocument.empty();
    document.apply(op);
    return document;
  }

  /** The document's length in items. */
  get size(): number {
    return this.#size;
  }

  /**
   * Change this document as `op` says, which is checked against all that it touches.
   *
   * Throws InvalidOperation, with reason and position, when anything does not fit; the document is then unchanged.
   */
  apply(op: DocOp): void {
    const violation = illFormedness(op);
    if (violation !== undefined) throw InvalidOperation.of(violation);
    const chunks = rewritten(this.#chunks, this.#size, op);
    this.#chunks = chunks;
    this.#size = chunks.reduce((items, chunk) => items + chunk.items, 0);
  }

  /** A document like this one that changes by itself. Costs nothing: what neither changes is shared. */
  clone(): WaveDocument {
    return new WaveDocument(this.#chunks, this.#size);
  }

  /**
   * The items from `start` to `end` (default: all) as runs: text as far as its annotations are the same, and single tags.
   *
   * Lazy, and of the document as it is now, whatever is applied while reading. Throws RangeError when the range is not
   * inside the document.
   */
  runs(start = 0, end = this.#size): IterableIterator<Run> {
    if (!(start >= 0 && start <= end && end <= this.#size)) {
      throw new RangeError(`items ${start} to ${end} of a document of ${this.#size} items`);
    }
    return wholeRuns(piecesOf(this.#chunks, start, end));
  }

  /** The characters among the items from `start` to `end` (default: all), without tags. Throws RangeError as `runs`. */
  text(start = 0, end = this.#size): string {
    let text = "";
    for (const run of this.runs(start, end)) if (run.kind === "text") text += run.text;
    return text;
  }

  /**
   * The operation that makes this document of the empty one, in canonical form.
   *
   * Its texts are as long as they can be, and its boundaries mention only what changes and is not null, so equal
   * documents give equal operations. Linear in the document's length.
   */
  toOp(): DocOp {
    const components: Component[] = [];
    let current: Annotations = NO_ANNOTATIONS;
    for (const run of this.runs()) {
      const boundary = boundaryBetween(current, run.annotations);
      if (boundary !== undefined) {
        components.push(boundary);
        current = run.annotations;
      }
      components.push(insertionOf(run));
    }
    const last = boundaryBetween(current, NO_ANNOTATIONS);
    if (last !== undefined) components.push(last);
    return components;
  }
}

function insertionOf(run: Run): Component {
  if (run.kind === "text") return { chars: run.text };
  return run.kind === "start" ? { start: [run.type, run.attributes] } : { end: true };
}

/** The runs of the items from `start` to `end`, cut at both ends. Chunks outside the range cost one step each. */
function* piecesOf(chunks: readonly Chunk[], start: number, end: number): IterableIterator<Run> {
  let position = 0;
  for (const chunk of chunks) {
    if (position >= end) return;
    const next = position + chunk.items;
    if (next > start) {
      for (const run of chunk.runs) {
        if (position < end && position + run.items > start) yield piece(run, start - position, end - position);
        position += run.items;
      }
    }
    position = next;
  }
}

/** The part of a run between two of its items, which may lie outside it. */
function piece(run: Run, start: number, end: number): Run {
  if (run.kind !== "text" || (start <= 0 && end >= run.items)) return run;
  const first = Math.max(start, 0);
  const items = Math.min(end, run.items) - first;
  const unit = unitAfter(run, 0, first);
  return { ...run, text: run.text.slice(unit, unitAfter(run, unit, items)), items };
}

/** The same runs, with texts that share their annotations joined. */
function* wholeRuns(pieces: Iterable<Run>): IterableIterator<Run> {
  let text: TextRun | undefined;
  for (const run of pieces) {
    if (run.kind === "text" && text !== undefined && sameAnnotations(text.annotations, run.annotations)) {
      text = { ...text, text: text.text + run.text, items: text.items + run.items };
      continue;
    }
    if (text !== undefined) yield text;
    text = undefined;
    if (run.kind === "text") text = run;
    else yield run;
  }
  if (text !== undefined) yield text;
}
