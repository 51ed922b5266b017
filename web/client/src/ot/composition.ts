/** Composition: one operation that does what two do in sequence. Source: OT.md, C1 to C5. */

import { inverted, merged, sameAttributes, updated } from "./attributes";
import type {
  AnnotationBoundary,
  AnnotationChange,
  Attributes,
  Component,
  DocOp,
  ElementStart,
  ReplaceAttributes,
  UpdateAttributes,
} from "./components";
import { Cursor, described, type ItemComponent, isDeletion, isInsertion } from "./cursor";
import { ComposeError } from "./errors";
import { OperationWriter } from "./normalization";

/**
 * The operation, in normal form, that does what `first` and then `second` do.
 *
 * Both must be well-formed, and `second` must read the document that `first` leaves. Where both act at one place, the
 * deletions of `first` come before the insertions of `second`, and these before the content that `first` inserts next
 * (C1). Linear in components and their text.
 *
 * Throws ComposeError when the lengths differ, when the second operation deletes or changes something other than what
 * the first left there, or when the result would be ill-formed.
 */
export function compose(first: DocOp, second: DocOp): DocOp {
  return new Composition(first, second).run();
}

/** One composition under way. Items pass from the first operation through the second, pair by pair. */
class Composition {
  readonly #first: Cursor;
  readonly #second: Cursor;
  readonly #out = new OperationWriter();
  readonly #annotations = new ComposedAnnotations(this.#out);

  constructor(first: DocOp, second: DocOp) {
    this.#first = new Cursor(first);
    this.#second = new Cursor(second);
  }

  run(): DocOp {
    while (this.#advanceFirst()) {
      if (!this.#advanceSecond()) {
        throw new ComposeError("the second operation ends before the document that the first leaves");
      }
      this.#annotations.flushFirst();
      this.#annotations.flushSecond();
      this.#pass(Math.min(this.#first.left, this.#second.left));
    }
    if (this.#second.left > 0 || this.#advanceSecond()) {
      throw new ComposeError("the second operation goes on after the end of the document that the first leaves");
    }
    this.#annotations.flushFirst();
    this.#annotations.flushSecond();
    const result = this.#out.finish();
    if (this.#out.leavesAnnotationsOpen()) {
      throw new ComposeError("an annotation is still open at the end: one of the operations is ill-formed");
    }
    return result;
  }

  /** Come to the next item that the first operation leaves, writing its deletions; false at its end. */
  #advanceFirst(): boolean {
    const first = this.#first;
    while (first.left === 0) {
      const component = first.next();
      if (component === undefined) return false;
      if ("ann" in component) {
        this.#annotations.queueFirst(component);
      } else if (isDeletion(component)) {
        this.#annotations.flushFirst();
        this.#out.write(component);
      } else {
        first.enter(component);
      }
    }
    return true;
  }

  /** Come to the next item that the second operation reads, writing its insertions; false at its end. */
  #advanceSecond(): boolean {
    const second = this.#second;
    while (second.left === 0) {
      const component = second.next();
      if (component === undefined) return false;
      if ("ann" in component) {
        this.#annotations.queueSecond(component);
      } else if (isInsertion(component)) {
        this.#annotations.flushSecond();
        this.#out.write(component);
      } else {
        second.enter(component);
      }
    }
    return true;
  }

  /** Let the next items that the first operation leaves go through the second. */
  #pass(items: number): void {
    if ("retain" in this.#second.current) {
      this.#second.skip(items);
      this.#out.write(this.#first.take(items));
    } else if ("retain" in this.#first.current) {
      this.#first.skip(items);
      this.#out.write(this.#second.take(items));
    } else {
      const left = combined(this.#first.take(items), this.#second.take(items));
      if (left !== undefined) this.#out.write(left);
    }
  }
}

/**
 * What becomes of one piece that the first operation inserts or changes, and the second deletes or changes.
 *
 * Undefined when nothing is left of it. The pieces have the same number of items (C2, C3).
 */
function combined(first: ItemComponent, second: ItemComponent): ItemComponent | undefined {
  if ("chars" in first) {
    if ("delchars" in second && first.chars === second.delchars) return undefined;
  } else if ("start" in first) {
    return combinedStart(first, second);
  } else if ("end" in first) {
    if ("delend" in second) return undefined;
  } else if ("replattrs" in first) {
    return combinedReplacement(first, second);
  } else if ("updattrs" in first) {
    return combinedUpdate(first, second);
  }
  throw misfit(first, second);
}

/** An inserted element start, then a deletion or a change of its attributes. */
function combinedStart(first: ElementStart, second: ItemComponent): ItemComponent | undefined {
  const [type, attributes] = first.start;
  if ("delstart" in second) {
    if (type === second.delstart[0] && sameAttributes(attributes, second.delstart[1])) return undefined;
  } else if ("replattrs" in second) {
    if (sameAttributes(attributes, second.replattrs[0])) return { start: [type, second.replattrs[1]] };
  } else if ("updattrs" in second) {
    return { start: [type, meeting(updated(attributes, second.updattrs), first, second)] };
  }
  throw misfit(first, second);
}

/** Replaced attributes, then a deletion of the element start or a further change. */
function combinedReplacement(first: ReplaceAttributes, second: ItemComponent): ItemComponent {
  const [before, after] = first.replattrs;
  if ("delstart" in second) {
    if (sameAttributes(after, second.delstart[1])) return { delstart: [second.delstart[0], before] };
  } else if ("replattrs" in second) {
    if (sameAttributes(after, second.replattrs[0])) return { replattrs: [before, second.replattrs[1]] };
  } else if ("updattrs" in second) {
    return { replattrs: [before, meeting(updated(after, second.updattrs), first, second)] };
  }
  throw misfit(first, second);
}

/** Updated attributes, then a deletion of the element start or a further change. */
function combinedUpdate(first: UpdateAttributes, second: ItemComponent): ItemComponent {
  const back = inverted(first.updattrs);
  if ("delstart" in second) {
    return { delstart: [second.delstart[0], meeting(updated(second.delstart[1], back), first, second)] };
  }
  if ("replattrs" in second) {
    return { replattrs: [meeting(updated(second.replattrs[0], back), first, second), second.replattrs[1]] };
  }
  if ("updattrs" in second) {
    const changes = merged(first.updattrs, second.updattrs);
    if (changes !== undefined) return { updattrs: changes };
  }
  throw misfit(first, second);
}

function meeting(attributes: Attributes | undefined, first: Component, second: Component): Attributes {
  if (attributes === undefined) throw misfit(first, second);
  return attributes;
}

function misfit(first: Component, second: Component): ComposeError {
  return new ComposeError(
    `the second operation has ${described(second)} that does not fit ${described(first)} of the first`,
  );
}

/**
 * The annotation updates of both operations, merged key by key.
 *
 * Where both update a key the result goes from the old value of the first to the new one of the second, unchecked; where
 * one does, it is that one (C4). Boundaries wait in a queue of their own until something is written behind them: deletions
 * of the first release only its queue, insertions of the second only the other, everything else both.
 */
class ComposedAnnotations {
  readonly #out: OperationWriter;
  readonly #first = new Map<string, AnnotationChange>(); // what each operation's released boundaries leave open
  readonly #second = new Map<string, AnnotationChange>();
  #firstQueue: AnnotationBoundary[] = [];
  #secondQueue: AnnotationBoundary[] = [];

  constructor(out: OperationWriter) {
    this.#out = out;
  }

  queueFirst(boundary: AnnotationBoundary): void {
    this.#firstQueue.push(boundary);
  }

  queueSecond(boundary: AnnotationBoundary): void {
    this.#secondQueue.push(boundary);
  }

  flushFirst(): void {
    if (this.#firstQueue.length === 0) return;
    for (const boundary of this.#firstQueue) this.#releaseFirst(boundary);
    this.#firstQueue = [];
  }

  flushSecond(): void {
    if (this.#secondQueue.length === 0) return;
    for (const boundary of this.#secondQueue) this.#releaseSecond(boundary);
    this.#secondQueue = [];
  }

  #releaseFirst(boundary: AnnotationBoundary): void {
    for (const key of boundary.ann.end ?? []) {
      this.#first.delete(key);
      const later = this.#second.get(key);
      if (later === undefined) this.#out.end(key);
      else this.#out.change(later);
    }
    for (const change of boundary.ann.change ?? []) {
      const [key, before] = change;
      this.#first.set(key, change);
      const later = this.#second.get(key);
      this.#out.change(later === undefined ? change : [key, before, later[2]]);
    }
  }

  #releaseSecond(boundary: AnnotationBoundary): void {
    for (const key of boundary.ann.end ?? []) {
      this.#second.delete(key);
      const earlier = this.#first.get(key);
      if (earlier === undefined) this.#out.end(key);
      else this.#out.change(earlier);
    }
    for (const change of boundary.ann.change ?? []) {
      const [key, , after] = change;
      this.#second.set(key, change);
      const earlier = this.#first.get(key);
      this.#out.change(earlier === undefined ? change : [key, earlier[1], after]);
    }
  }
}
