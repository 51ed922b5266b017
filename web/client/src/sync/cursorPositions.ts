/** Places in documents, kept where they are while the documents change around them. Pure. */

import { codePoints, type DocOp } from "../ot";
import type { Operations, RemoteCursor } from "./types";

/**
 * Where item offset `position` of the document before `op` is after it. What is inserted exactly there comes after
 * the place, or before it when `follows`: a caret follows what its owner types. Costs the operation's components.
 */
export function positionAfter(op: DocOp, position: number, follows: boolean): number {
  let read = 0; // items of the old document passed, all of them before the place
  let moved = position;
  for (const component of op) {
    if (read > position || (read === position && !follows)) break;
    const [reads, writes] = extent(component);
    if (writes > reads) moved += writes;
    else if (reads > writes) moved -= Math.min(reads, position - read);
    read += reads;
  }
  return moved;
}

/** Selections after operations by `author` of their wavelet. Those that stay are the same objects. */
export function cursorsAfter(
  cursors: readonly RemoteCursor[],
  wavelet: string,
  operations: Operations,
  author: string,
): readonly RemoteCursor[] {
  return cursors.map((cursor) => (cursor.wavelet === wavelet ? cursorAfter(cursor, operations, author) : cursor));
}

/** One selection after operations by `author`. */
export function cursorAfter<Cursor extends Pick<RemoteCursor, "author" | "doc" | "anchor" | "head">>(
  cursor: Cursor,
  operations: Operations,
  author: string,
): Cursor {
  const follows = author === cursor.author;
  let { anchor, head } = cursor;
  for (const operation of operations) {
    if (!("doc" in operation) || operation.doc !== cursor.doc) continue;
    anchor = positionAfter(operation.op, anchor, follows);
    head = positionAfter(operation.op, head, follows);
  }
  return anchor === cursor.anchor && head === cursor.head ? cursor : { ...cursor, anchor, head };
}

/** How many items a component reads of the old document, and writes of the new one. */
function extent(component: DocOp[number]): readonly [reads: number, writes: number] {
  if ("retain" in component) return [component.retain, component.retain];
  if ("chars" in component) return [0, codePoints(component.chars)];
  if ("delchars" in component) return [codePoints(component.delchars), 0];
  if ("start" in component || "end" in component) return [0, 1];
  if ("delstart" in component || "delend" in component) return [1, 0];
  if ("ann" in component) return [0, 0];
  return [1, 1]; // the change of an element's attributes
}
