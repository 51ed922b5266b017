/** The annotations of an item, and the update of them that is open at some place of an operation. */

import type { AnnotationBoundary, AnnotationChange } from "./components";
import { compareNames } from "./ordering";

/** Values by key, in UTF-16 order; what is absent is not in it. Shared between items, never changed. */
export type Annotations = ReadonlyMap<string, string>;

export const NO_ANNOTATIONS: Annotations = new Map();

/** Whether both have the same keys with the same values. */
export function sameAnnotations(one: Annotations, other: Annotations): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [key, value] of one) if (other.get(key) !== value) return false;
  return true;
}

/** The map from key to old and new value that boundaries edit and that applies to what follows (OT.md, rule A2). */
export class AnnotationUpdate {
  readonly #changes = new Map<string, AnnotationChange>();
  #read: Annotations | undefined; // what updated() was asked last, and what it gave: ranges are long
  #made: Annotations | undefined;

  /** Whether no key is open. */
  isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** Take in a boundary, which must be well-formed here. */
  read(boundary: AnnotationBoundary): void {
    this.#read = undefined;
    for (const key of boundary.ann.end ?? []) this.#changes.delete(key);
    for (const change of boundary.ann.change ?? []) this.#changes.set(change[0], change);
  }

  /**
   * `annotations` with every open key changed from its old to its new value; undefined when an old value differs.
   *
   * The very same object comes back when nothing changes.
   */
  updated(annotations: Annotations): Annotations | undefined {
    if (this.#changes.size === 0) return annotations;
    if (annotations !== this.#read) {
      this.#made = this.#update(annotations);
      this.#read = annotations;
    }
    return this.#made;
  }

  /** Why `updated(annotations)` is undefined, in words that quote no value. */
  mismatch(annotations: Annotations): string {
    for (const [key, before] of this.#changes.values()) {
      const present = annotations.get(key) ?? null;
      if (present !== before) {
        if (present === null) return `the annotation ${JSON.stringify(key)} is absent here, where a value is to change`;
        return `the annotation ${JSON.stringify(key)} has another value here than the operation says`;
      }
    }
    throw new RangeError("the update applies to these annotations");
  }

  #update(annotations: Annotations): Annotations | undefined {
    const values = new Map(annotations);
    let changed = false;
    for (const [key, before, after] of this.#changes.values()) {
      if ((annotations.get(key) ?? null) !== before) return undefined;
      if (before === after) continue;
      changed = true;
      if (after === null) values.delete(key);
      else values.set(key, after);
    }
    return changed ? new Map([...values].sort(([one], [other]) => compareNames(one, other))) : annotations;
  }
}

/** The boundary that leads from items inserted with `left` to items inserted with `right`; undefined if equal. */
export function boundaryBetween(left: Annotations, right: Annotations): AnnotationBoundary | undefined {
  if (sameAnnotations(left, right)) return undefined;
  const end = [...left.keys()].filter((key) => !right.has(key));
  const change: AnnotationChange[] = [];
  for (const [key, value] of right) if (left.get(key) !== value) change.push([key, null, value]);
  return { ann: { end, change } };
}
