/** Inversion: the operation that undoes another. */

import { inverted } from "./attributes";
import type { Component, Deletion, DocOp, Insertion } from "./components";

/**
 * The operation that takes the document after `op` back to what it was.
 *
 * Component by component, in the same order and not normalised: insertions become deletions and the reverse, old
 * and new values swap, the ends of annotations stay. Source: OT.md, "Compose", last line.
 */
export function invert(op: DocOp): DocOp {
  return op.map(inverse);
}

/** The component that undoes one, at its place in the inverted operation. */
export function inverse(component: Component): Component {
  if ("retain" in component) return component;
  if ("delchars" in component) return { chars: component.delchars };
  if ("delstart" in component) return { start: component.delstart };
  if ("delend" in component) return { end: true };
  if ("replattrs" in component) return { replattrs: [component.replattrs[1], component.replattrs[0]] };
  if ("updattrs" in component) return { updattrs: inverted(component.updattrs) };
  if ("ann" in component)
    return { ann: { end: component.ann.end ?? [], change: inverted(component.ann.change ?? []) } };
  return deletionOf(component);
}

/** The deletion of what a component inserts. */
export function deletionOf(component: Insertion): Deletion {
  if ("chars" in component) return { delchars: component.chars };
  if ("start" in component) return { delstart: component.start };
  return { delend: true };
}
