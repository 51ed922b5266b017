/** Cursor: walks the components of an operation, cut to whatever lengths the walk needs. */

import { codePoints, utf16Offset } from "./characters";
import type { AnnotationBoundary, Component, Deletion, DocOp, Insertion } from "./components";
import { MalformedOperation } from "./errors";

/** A component that covers items: any but a boundary. */
export type ItemComponent = Exclude<Component, AnnotationBoundary>;

/** Whether a component inserts. */
export function isInsertion(component: Component): component is Insertion {
  return "chars" in component || "start" in component || "end" in component;
}

/** Whether a component deletes. */
export function isDeletion(component: Component): component is Deletion {
  return "delchars" in component || "delstart" in component || "delend" in component;
}

/** The items that a component covers; 0 for a boundary. Linear in its text. */
export function size(component: Component): number {
  if ("retain" in component) return component.retain;
  if ("chars" in component) return codePoints(component.chars);
  if ("delchars" in component) return codePoints(component.delchars);
  return "ann" in component ? 0 : 1;
}

/**
 * A place in an operation: between two components, or `left` items before the end of one.
 *
 * `enter` a component to consume its items with `take` or `skip`; boundaries have none. A walk over a whole operation
 * costs what its components and their text do, in however many pieces the items are taken.
 */
export class Cursor {
  readonly #components: DocOp;
  #index = 0; // of the next component
  #size = 0; // items of the current component
  #unit = 0; // where its next item begins in its text, in UTF-16 units
  /** The component entered last. */
  current: ItemComponent = NOTHING;
  /** Items of the current component not yet consumed. */
  left = 0;

  constructor(op: DocOp) {
    this.#components = op;
  }

  /** Step to the next component and return it; undefined at the end. Only between components. */
  next(): Component | undefined {
    return this.#components[this.#index++];
  }

  /**
   * How many of the next components come before the next item, up to and with the last insertion among them.
   *
   * What lies between are boundaries; those behind the last insertion do not count. Only between components.
   */
  insertionsAhead(): number {
    let last = this.#index;
    for (let index = this.#index; index < this.#components.length; index++) {
      const component = this.#components[index];
      if (component === undefined) break;
      if (isInsertion(component)) last = index + 1;
      else if (!("ann" in component)) break;
    }
    return last - this.#index;
  }

  /** Make a component's items available; an empty one has none. Throws MalformedOperation for an impossible length. */
  enter(component: ItemComponent): void {
    const items = size(component);
    if (!Number.isSafeInteger(items) || items < 0) {
      throw new MalformedOperation(`a retain of ${items} items: a whole number is needed, at least 1`);
    }
    this.current = component;
    this.left = this.#size = items;
    this.#unit = 0;
  }

  /** Consume the next `items` items, at most `left`: a component for just these. */
  take(items: number): ItemComponent {
    const component = this.current;
    this.left -= items;
    if (items === this.#size) return component;
    if ("retain" in component) return { retain: items };
    if ("chars" in component) return { chars: this.#cut(component.chars, items) };
    if ("delchars" in component) return { delchars: this.#cut(component.delchars, items) };
    return component;
  }

  /** Consume the next `items` items, at most `left`, of a component that is not text. */
  skip(items: number): void {
    this.left -= items;
  }

  #cut(text: string, items: number): string {
    const start = this.#unit;
    this.#unit = text.length === this.#size ? start + items : utf16Offset(text, items, start);
    return text.slice(start, this.#unit);
  }
}

const NOTHING: ItemComponent = { retain: 0 };

/** A component for an error message: its kind and length, never its text, which may be long, or private. */
export function described(component: Component): string {
  const items = size(component);
  return items < 2 ? kind(component) : `${kind(component)} (${items} items)`;
}

function kind(component: Component): string {
  if ("retain" in component) return "a retain";
  if ("chars" in component) return "an insertion of characters";
  if ("start" in component) return "an element start";
  if ("end" in component) return "an element end";
  if ("delchars" in component) return "a deletion of characters";
  if ("delstart" in component) return "a deletion of an element start";
  if ("delend" in component) return "a deletion of an element end";
  if ("replattrs" in component) return "a replacement of attributes";
  return "updattrs" in component ? "an update of attributes" : "an annotation boundary";
}
