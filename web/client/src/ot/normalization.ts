/**
 * Normal form: OperationWriter, which every result of compose and transform is written through.
 *
 * Neighbouring components of one kind grow together and annotation boundaries are held back, merged and stripped of
 * what changes nothing. The order of components at one place is never rearranged, and changes that set what was there
 * (an annotation `a` to `a`, attributes replaced by themselves) stay: the reference keeps them. Source: OT.md, N1 to N5.
 */

import { sameAttributes } from "./attributes";
import type { AnnotationChange, Component, DocOp } from "./components";
import { type ItemComponent, size } from "./cursor";
import { compareNames } from "./ordering";

/** Whether both changes of one key do the same. */
export function sameChange(one: AnnotationChange, other: AnnotationChange): boolean {
  return one === other || (one[1] === other[1] && one[2] === other[2]);
}

/**
 * Collects the components of one operation and brings them into normal form on the way.
 *
 * Components must not be empty: no retain of 0, no text without characters. Linear in what is written.
 */
export class OperationWriter {
  readonly #out: Component[] = [];
  readonly #open = new Map<string, AnnotationChange>(); // what the boundaries written so far leave open
  readonly #held = new Map<string, AnnotationChange | null>(); // null ends a key; the last word on a key counts

  /** Append a component that is not a boundary, or let the last one grow by it. */
  write(component: ItemComponent): void {
    if (this.#held.size > 0) this.#writeBoundary();
    const last = this.#out.at(-1);
    const grown = last === undefined ? undefined : joined(last, component);
    if (grown === undefined) this.#out.push(component);
    else this.#out[this.#out.length - 1] = grown;
  }

  /** Open the annotation update of the change's key, or change the open one, from here on. */
  change(change: AnnotationChange): void {
    this.#held.set(change[0], change);
  }

  /** End the annotation update of `key` here, if one is open. */
  end(key: string): void {
    this.#held.set(key, null);
  }

  /** The operation written, boundaries at its end included. The writer is used up. */
  finish(): DocOp {
    if (this.#held.size > 0) this.#writeBoundary();
    return this.#out;
  }

  /** Whether the operation written, once finished, ends with an annotation update still open. */
  leavesAnnotationsOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Write what was held back, as far as it changes what is open. */
  #writeBoundary(): void {
    const end: string[] = [];
    const change: AnnotationChange[] = [];
    for (const key of [...this.#held.keys()].sort(compareNames)) {
      const held = this.#held.get(key) ?? null;
      const present = this.#open.get(key);
      if (held === null) {
        if (this.#open.delete(key)) end.push(key);
      } else if (present === undefined || !sameChange(present, held)) {
        this.#open.set(key, held);
        change.push(held);
      }
    }
    this.#held.clear();
    if (end.length > 0 || change.length > 0) this.#out.push({ ann: { end, change } });
  }
}

/** One component for two neighbours, where there is one. Texts are joined as ropes, so many pieces stay cheap. */
function joined(last: Component, next: ItemComponent): Component | undefined {
  if ("retain" in next) return "retain" in last ? { retain: last.retain + next.retain } : undefined;
  if ("chars" in next) return "chars" in last ? { chars: last.chars + next.chars } : undefined;
  if ("delchars" in next) return "delchars" in last ? { delchars: last.delchars + next.delchars } : undefined;
  return undefined;
}

/** The normal form of an operation: the same effect, and the same again when normalised again. */
export function normalize(op: DocOp): DocOp {
  const writer = new OperationWriter();
  for (const component of op) {
    if ("ann" in component) {
      for (const change of component.ann.change ?? []) writer.change(change);
      for (const key of component.ann.end ?? []) writer.end(key);
    } else if (size(component) > 0) {
      writer.write(component);
    }
  }
  return writer.finish();
}

/** Whether an operation changes no document that it applies to: it retains, or sets what is there already. */
export function isIdentity(op: DocOp): boolean {
  return op.every((component) => {
    if ("retain" in component) return true;
    if ("ann" in component) return (component.ann.change ?? []).every(([, before, after]) => before === after);
    if ("updattrs" in component) return component.updattrs.every(([, before, after]) => before === after);
    return "replattrs" in component && sameAttributes(component.replattrs[0], component.replattrs[1]);
  });
}
