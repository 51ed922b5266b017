/** Where a document operation takes places of the document, and what it changes. All places are item offsets. */
import { type Component, codePoints, type DocOp } from "../../ot";

/** The place of an item offset after an operation. `side` says which way it goes when something is inserted there. */
export function mappedOffset(op: DocOp, offset: number, side: -1 | 1): number {
  let old = 0;
  let young = 0;
  for (const component of op) {
    if (old > offset || (old === offset && side < 0 && isInsertion(component))) break;
    const consumed = itemsConsumed(component);
    const produced = itemsProduced(component);
    if (consumed > 0 && old + consumed > offset) {
      return young + (produced > 0 ? offset - old : 0);
    }
    old += consumed;
    young += produced;
  }
  return young;
}

/** How many items of the document before an operation's component walks. */
export function itemsConsumed(component: Component): number {
  if ("retain" in component) return component.retain;
  if ("delchars" in component) return codePoints(component.delchars);
  return "delstart" in component || "delend" in component || "replattrs" in component || "updattrs" in component
    ? 1
    : 0;
}

function itemsProduced(component: Component): number {
  if ("retain" in component) return component.retain;
  if ("chars" in component) return codePoints(component.chars);
  const one = "start" in component || "end" in component || "replattrs" in component || "updattrs" in component;
  return one ? 1 : 0;
}

function isInsertion(component: Component): boolean {
  return "chars" in component || "start" in component || "end" in component;
}

/** What an operation changed. */
export interface Extent {
  /** Places in the document after it, around all that it changed. */
  readonly from: number;
  readonly to: number;
  /** Whether it inserted or deleted anything, rather than only annotate and set attributes. */
  readonly content: boolean;
}

/** Everything that an operation changes; null when that is nothing. */
export function extentOf(op: DocOp): Extent | null {
  let extent = null as Extent | null; // widened: assigned in a loop only
  let at = 0;
  const annotating = new Set<string>();
  for (const component of op) {
    const produced = itemsProduced(component);
    if ("ann" in component) {
      for (const [key, before, after] of component.ann.change ?? []) {
        if (before === after) annotating.delete(key);
        else annotating.add(key);
      }
      for (const key of component.ann.end ?? []) annotating.delete(key);
    } else if (!("retain" in component) || annotating.size > 0) {
      const content = isInsertion(component) || (produced === 0 && itemsConsumed(component) > 0);
      extent = { from: extent?.from ?? at, to: at + produced, content: content || extent?.content === true };
    }
    at += produced;
  }
  return extent;
}
