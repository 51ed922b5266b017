/**
 * Writes a document operation from items kept, inserted and deleted, with the annotation updates that each needs.
 *
 * The rules for annotations are those of OT.md: what is inserted starts from the annotations of the original item to its
 * left (A4); what is deleted must read as the nearest item on the left that stays (A5); what is kept changes from
 * its old value to its new one (A3).
 */
import { type AnnotationChange, type AttributeChange, type Attributes, type DocOp, OpBuilder } from "../../ot";
import { type Annotations, annotationChanges, NO_ANNOTATIONS } from "../document/annotations";
import { type Run, runSize } from "../document/items";

/** Writes one operation, from left to right. Feed it all items from where annotations of the document are known. */
export class ChangeWriter {
  readonly #builder = new OpBuilder();
  #open: readonly AnnotationChange[] = [];
  #original: Annotations = NO_ANNOTATIONS; // of the original item just left
  #survivor: Annotations = NO_ANNOTATIONS; // what the nearest item on the left that stays will have

  /** Keep items that nothing is said about. `left` are the annotations of the last of them. */
  skip(items: number, left: Annotations): void {
    if (items <= 0) return;
    this.#update([]);
    this.#builder.retain(items);
    this.#original = left;
    this.#survivor = left;
  }

  /** Keep a run, and give it the annotations, and if it is a start the attributes, of `after`. */
  keep(before: Run, after: Run): void {
    this.#update(changes(before.annotations, after.annotations));
    const attributes =
      before.kind === "start" && after.kind === "start" ? attributeChanges(before.attributes, after.attributes) : [];
    if (attributes.length > 0) this.#builder.updateAttributes(...attributes);
    else this.#builder.retain(runSize(before));
    this.#original = before.annotations;
    this.#survivor = after.annotations;
  }

  /** Insert a run with its annotations. */
  insert(run: Run): void {
    this.#update(changes(this.#original, run.annotations));
    if (run.kind === "text") this.#builder.chars(run.text);
    else if (run.kind === "start") this.#builder.start(run.type, run.attributes);
    else this.#builder.end();
    this.#survivor = run.annotations;
  }

  /** Delete a run. */
  remove(run: Run): void {
    this.#update(changes(run.annotations, this.#survivor));
    if (run.kind === "text") this.#builder.deleteChars(run.text);
    else if (run.kind === "start") this.#builder.deleteStart(run.type, run.attributes);
    else this.#builder.deleteEnd();
    this.#original = run.annotations;
  }

  /** The operation. The writer is used up. */
  finish(): DocOp {
    this.#update([]);
    return this.#builder.build();
  }

  #update(wanted: readonly AnnotationChange[]): void {
    const keys = new Set(wanted.map(([key]) => key));
    this.#builder.endAnnotations(this.#open.map(([key]) => key).filter((key) => !keys.has(key)));
    this.#builder.annotate(...wanted);
    this.#open = wanted;
  }
}

function changes(before: Annotations, after: Annotations): readonly AnnotationChange[] {
  return annotationChanges(before, after).map(([key, value]) => [key, before.get(key) ?? null, value]);
}

function attributeChanges(before: Attributes, after: Attributes): readonly AttributeChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names]
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name] ?? null, after[name] ?? null]);
}
