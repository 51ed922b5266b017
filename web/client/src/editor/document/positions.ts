/**
 * Places: ProseMirror positions (UTF-16 units and tokens) and item offsets (code points and tags), both ways.
 *
 * An offset counts items of the wave document from its start. Where lines begin is added up once for each document;
 * after that a place costs a binary search, and a look at its line.
 */
import type { Node } from "prosemirror-model";
import { itemOffset, utf16Offset } from "../../ot";
import { itemSize, nodeRuns, type Run, sliceRuns } from "./items";
import type { Frame } from "./mapping";

/** Where each line begins, and after the last one where all end: positions, and items from the start of the content. */
interface LineStarts {
  readonly positions: readonly number[];
  readonly items: readonly number[];
}

const startsCache = new WeakMap<Node, LineStarts>();

function lineStarts(doc: Node): LineStarts {
  let known = startsCache.get(doc);
  if (known === undefined) {
    const positions = [0];
    const items = [0];
    doc.forEach((line, position) => {
      positions.push(position + line.nodeSize);
      items.push((items.at(-1) ?? 0) + itemSize(line));
    });
    known = { positions, items };
    startsCache.set(doc, known);
  }
  return known;
}

/** The index of the last start that is at most `place`. `starts` grows, and begins with 0. */
function indexAt(starts: readonly number[], place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The item offset of a position. A position inside a surrogate pair counts as behind it. */
export function offsetAt(doc: Node, frame: Frame, position: number): number {
  const starts = lineStarts(doc);
  const index = indexAt(starts.positions, position);
  const offset = frame.before + (starts.items[index] ?? 0);
  const inside = position - (starts.positions[index] ?? 0);
  return inside <= 0 || index >= doc.childCount ? offset : offset + offsetInLine(doc.child(index), inside - 1);
}

/** The items of a line before a position in its content; its two tags are among them. */
function offsetInLine(line: Node, position: number): number {
  let offset = 2;
  let at = 0;
  for (let index = 0; index < line.childCount; index++) {
    const child = line.child(index);
    if (position <= at) return offset;
    if (position < at + child.nodeSize) return offset + itemOffset(child.text ?? "", position - at);
    offset += itemSize(child);
    at += child.nodeSize;
  }
  return offset;
}

/**
 * The position of an item offset, always one where a caret may stand: in a line's content.
 *
 * An offset inside an atom gives the place before it, one before the content the first place, one behind it the last.
 */
export function positionAt(doc: Node, frame: Frame, offset: number): number {
  const starts = lineStarts(doc);
  const wanted = Math.max(0, offset - frame.before);
  let index = Math.min(indexAt(starts.items, wanted), doc.childCount - 1);
  if (index > 0 && starts.items[index] === wanted) index--; // the end of a line, rather than between two
  const line = doc.child(index);
  return (starts.positions[index] ?? 0) + 1 + positionInLine(line, wanted - (starts.items[index] ?? 0) - 2);
}

function positionInLine(line: Node, offset: number): number {
  let left = offset;
  let at = 0;
  for (let index = 0; index < line.childCount && left > 0; index++) {
    const child = line.child(index);
    const size = itemSize(child);
    if (left < size) return child.isText ? at + utf16Offset(child.text ?? "", left) : at;
    left -= size;
    at += child.nodeSize;
  }
  return at;
}

/** A row of whole lines: their indices, and the items from the start of the content that they take. */
export interface LineRange {
  readonly first: number;
  /** The index behind the last one. */
  readonly last: number;
  readonly from: number;
  readonly to: number;
}

/** The lines that hold the items from `from` to `to` (from the start of the content); for an empty range one line. */
export function linesAround(doc: Node, from: number, to: number): LineRange {
  const { items } = lineStarts(doc);
  const first = Math.min(indexAt(items, from), doc.childCount - 1);
  let last = Math.min(indexAt(items, to), doc.childCount - 1);
  if (last > first && items[last] === to) last--;
  return { first, last: last + 1, from: items[first] ?? 0, to: items[last + 1] ?? 0 };
}

/** The items of a document from `from` to `to`, counted from the start of its content. */
export function runsBetween(doc: Node, from: number, to: number): readonly Run[] {
  if (from >= to) return [];
  const range = linesAround(doc, from, to);
  const runs: Run[] = [];
  for (let index = range.first; index < range.last; index++) runs.push(...nodeRuns(doc.child(index)));
  return sliceRuns(runs, from - range.from, to - range.from);
}
