/** OpBuilder: writes a document operation step by step. */

import type { AnnotationChange, AttributeChange, Attributes, DocOp } from "./components";
import { type ItemComponent, size } from "./cursor";
import { MalformedOperation } from "./errors";
import { OperationWriter } from "./normalization";
import { compareNamed } from "./ordering";
import { describedViolation } from "./verdict";
import { illFormedness } from "./wellFormedness";

/**
 * Writes a document operation from left to right; `build` gives it in normal form.
 *
 * Nothing is implied: an operation walks the whole document, so what stays at its end has to be retained too. Steps of no
 * items (a retain of 0, no text) are left out. Annotation updates apply to what follows them, retained, inserted or deleted,
 * until they end.
 */
export class OpBuilder {
  readonly #writer = new OperationWriter();

  /** Keep the next `items` items. */
  retain(items: number): this {
    return this.#write({ retain: items });
  }

  /** Insert text. */
  chars(text: string): this {
    return this.#write({ chars: text });
  }

  /** Insert an element's start; `end` must follow. */
  start(type: string, attributes: Attributes = {}): this {
    return this.#write({ start: [type, attributes] });
  }

  /** Insert the end of the element started last. */
  end(): this {
    return this.#write({ end: true });
  }

  /** Delete the next characters, which are these. */
  deleteChars(text: string): this {
    return this.#write({ delchars: text });
  }

  /** Delete the next item, which is this element start; `deleteEnd` must follow. */
  deleteStart(type: string, attributes: Attributes = {}): this {
    return this.#write({ delstart: [type, attributes] });
  }

  /** Delete the end of the element whose deletion started last. */
  deleteEnd(): this {
    return this.#write({ delend: true });
  }

  /** Keep the next item, an element start with just the attributes `before`, which become `after`. */
  replaceAttributes(before: Attributes, after: Attributes): this {
    return this.#write({ replattrs: [before, after] });
  }

  /** Keep the next item, an element start, and change some of its attributes. In any order, each name once. */
  updateAttributes(...changes: readonly AttributeChange[]): this {
    return this.#write({ updattrs: [...changes].sort(compareNamed) });
  }

  /** Change annotations so from here on. A change of a key that is open takes the open one's place. */
  annotate(...changes: readonly AnnotationChange[]): this {
    for (const change of changes) this.#writer.change(change);
    return this;
  }

  /** Change the annotations of these keys no more from here on. */
  endAnnotations(keys: readonly string[]): this {
    for (const key of keys) this.#writer.end(key);
    return this;
  }

  /**
   * The operation, in normal form. The builder is used up.
   *
   * Throws MalformedOperation when it is ill-formed: an element or an annotation left open, barred characters and the like.
   */
  build(): DocOp {
    const op = this.#writer.finish();
    const violation = illFormedness(op);
    if (violation !== undefined) throw new MalformedOperation(describedViolation(violation));
    return op;
  }

  #write(component: ItemComponent): this {
    if (size(component) !== 0) this.#writer.write(component);
    return this;
  }
}
