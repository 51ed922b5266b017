/**
 * Applying an operation: one walk over its components, which checks each against the document and writes a new one.
 *
 * What an operation leaves an item's annotations to be is in each case `AnnotationUpdate.updated` of the annotations it
 * had, or, inserted, of those of the original item to its left. A deletion is in order when the annotations it leads to
 * are those of the nearest surviving item to the left: that is rule A5 in one sentence. Source: OT.md, A1 to A6.
 */

import { type Annotations, AnnotationUpdate, NO_ANNOTATIONS, sameAnnotations } from "./annotations";
import { sameAttributes, updated } from "./attributes";
import { codePoints } from "./characters";
import { type Chunk, ChunkWriter } from "./chunks";
import type {
  Attributes,
  Component,
  DeleteElementEnd,
  DeleteElementStart,
  DocOp,
  Insertion,
  ReplaceAttributes,
  UpdateAttributes,
} from "./components";
import { isInsertion } from "./cursor";
import { InvalidOperation } from "./errors";
import { annotated, type Run, type StartRun, textRuns, unitAfter } from "./runs";

/**
 * The chunks of the document that a well-formed operation makes of the one with these chunks, of `size` items.
 *
 * Throws InvalidOperation when the operation does not apply to that document.
 */
export function rewritten(chunks: readonly Chunk[], size: number, op: DocOp): readonly Chunk[] {
  const rewriting = new Rewriting(chunks, size);
  for (const component of op) rewriting.read(component);
  return rewriting.finish();
}

/** A place in the old document, and the new one as far as it is written. */
class Rewriting {
  readonly #chunks: readonly Chunk[];
  readonly #size: number;
  readonly #out = new ChunkWriter();
  readonly #update = new AnnotationUpdate();
  #position = 0; // items of the old document read
  #chunk = 0; // where the next item is: in which chunk, in which of its runs,
  #run = 0;
  #offset = 0; // how many items into that run,
  #unit = 0; // which are so many UTF-16 units
  #left: Annotations = NO_ANNOTATIONS; // of the old item left of position
  #target: Annotations = NO_ANNOTATIONS; // of the nearest surviving item to the left, as this operation leaves it

  constructor(chunks: readonly Chunk[], size: number) {
    this.#chunks = chunks;
    this.#size = size;
  }

  /** Take in the next component. */
  read(component: Component): void {
    if ("retain" in component) this.#retain(component.retain);
    else if ("ann" in component) this.#update.read(component);
    else if (isInsertion(component)) this.#insert(component);
    else if ("delchars" in component) this.#deleteCharacters(component.delchars);
    else if ("delstart" in component || "delend" in component) this.#deleteElement(component);
    else this.#changeAttributes(component);
  }

  /** The operation has ended. */
  finish(): readonly Chunk[] {
    if (this.#position < this.#size) {
      throw this.#misfit(`the operation ends before the document, which has ${this.#size} items`);
    }
    return this.#out.finish();
  }

  #retain(items: number): void {
    if (this.#position + items > this.#size) {
      throw this.#misfit(`a retain of ${items} items goes past the end of the document, which has ${this.#size}`);
    }
    const unchanged = this.#update.isEmpty();
    for (let left = items; left > 0; ) {
      const chunk = this.#chunks[this.#chunk];
      if (unchanged && chunk !== undefined && this.#run === 0 && this.#offset === 0 && chunk.items <= left) {
        this.#share(chunk);
        left -= chunk.items;
      } else {
        const run = this.#next();
        const part = this.#take(run, Math.min(left, run.items - this.#offset));
        this.#keep(part);
        left -= part.items;
      }
    }
  }

  /** Keep a whole chunk, at whose start we are. */
  #share(chunk: Chunk): void {
    this.#out.share(chunk);
    this.#position += chunk.items;
    this.#chunk++;
    this.#left = this.#target = chunk.runs.at(-1)?.annotations ?? NO_ANNOTATIONS;
  }

  /** Write what was just taken from the old document, with its annotations updated. */
  #keep(run: Run): void {
    this.#target = this.#updated(run.annotations);
    this.#out.push(annotated(run, this.#target));
  }

  #insert(component: Insertion): void {
    const annotations = this.#updated(this.#left);
    this.#target = annotations;
    if ("chars" in component) {
      for (const run of textRuns(component.chars, annotations)) this.#out.push(run);
    } else if ("start" in component) {
      const [type, attributes] = component.start;
      this.#out.push({ kind: "start", type, attributes, items: 1, annotations });
    } else {
      this.#out.push({ kind: "end", items: 1, annotations });
    }
  }

  #deleteCharacters(text: string): void {
    for (let start = 0; start < text.length; ) {
      const run = this.#next();
      if (run.kind !== "text") throw this.#misfit("characters to delete, where the document has an element");
      const available = run.text.length - this.#unit; // units; well-formed text ends with a whole character
      const piece = text.length - start <= available ? text.slice(start) : run.text.slice(this.#unit);
      if (!text.startsWith(piece, start) || !run.text.startsWith(piece, this.#unit)) {
        throw this.#misfit("the characters to delete are not those of the document");
      }
      this.#drop(this.#take(run, codePoints(piece)));
      start += piece.length;
    }
  }

  #deleteElement(component: DeleteElementStart | DeleteElementEnd): void {
    const run = this.#next();
    if ("delend" in component) {
      if (run.kind !== "end") throw this.#misfit("no element ends here, where one is to be deleted");
    } else {
      const [type, attributes] = component.delstart;
      if (run.kind !== "start") throw this.#misfit(`no element starts here, where <${type}> is to be deleted`);
      if (run.type !== type || !sameAttributes(run.attributes, attributes)) {
        throw this.#misfit(`the element here, <${run.type}>, is not the one to be deleted, or has other attributes`);
      }
    }
    this.#drop(this.#take(run, 1));
  }

  /** What was just taken from the old document is deleted: rule A5. */
  #drop(run: Run): void {
    const annotations = this.#updated(run.annotations);
    if (!sameAnnotations(annotations, this.#target)) {
      throw this.#misfit("a deletion that does not reset the annotations to those of the item to the left");
    }
  }

  #changeAttributes(component: ReplaceAttributes | UpdateAttributes): void {
    const run = this.#next();
    if (run.kind !== "start") throw this.#misfit("there is no element start here whose attributes could change");
    const attributes = changedAttributes(run, component);
    if (attributes === undefined) {
      throw this.#misfit(`the attributes of <${run.type}> here are not those that the operation changes`);
    }
    this.#take(run, 1);
    this.#keep({ ...run, attributes });
  }

  /** The run of the next item. */
  #next(): Run {
    const run = this.#chunks[this.#chunk]?.runs[this.#run];
    if (run === undefined) throw this.#misfit("the operation goes past the end of the document");
    return run;
  }

  /** Read the next items, all in `run`, which is that of the next item: a run of just these. */
  #take(run: Run, items: number): Run {
    let taken: Run = run;
    let end = this.#unit;
    if (run.kind === "text" && items < run.items) {
      end = unitAfter(run, this.#unit, items);
      taken = { kind: "text", text: run.text.slice(this.#unit, end), items, annotations: run.annotations };
    }
    this.#position += items;
    this.#left = run.annotations;
    this.#offset += items;
    this.#unit = end;
    if (this.#offset === run.items) this.#leaveRun();
    return taken;
  }

  #leaveRun(): void {
    this.#offset = this.#unit = 0;
    this.#run++;
    if (this.#run === this.#chunks[this.#chunk]?.runs.length) {
      this.#run = 0;
      this.#chunk++;
    }
  }

  #updated(annotations: Annotations): Annotations {
    const changed = this.#update.updated(annotations);
    if (changed === undefined) throw this.#misfit(this.#update.mismatch(annotations));
    return changed;
  }

  #misfit(reason: string): InvalidOperation {
    return InvalidOperation.of({ verdict: "INVALID_DOCUMENT", reason, position: this.#position });
  }
}

function changedAttributes(run: StartRun, change: ReplaceAttributes | UpdateAttributes): Attributes | undefined {
  if ("updattrs" in change) return updated(run.attributes, change.updattrs);
  return sameAttributes(run.attributes, change.replattrs[0]) ? change.replattrs[1] : undefined;
}
