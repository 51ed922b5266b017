/**
 * A change of the wave document, made elsewhere, as a change of the ProseMirror document.
 *
 * Only lines that the operation touches are read anew, from the wave document that the operation led to, and only what
 * differs in them is replaced, so the result cannot drift from that document. The selection goes where the operation
 * takes its items.
 */
import { Fragment, type Node } from "prosemirror-model";
import { NodeSelection, type Selection, TextSelection, type Transaction } from "prosemirror-state";
import { ReplaceStep } from "prosemirror-transform";
import type { DocOp, WaveDocument } from "../../ot";
import { itemSize, type Run } from "../document/items";
import { documentSize, type Frame, type Mapped, readDocument, readLines } from "../document/mapping";
import { type LineRange, linesAround, offsetAt, positionAt } from "../document/positions";
import { itemsConsumed, mappedOffset } from "./places";

/**
 * Put into `transaction` what `op` changed; `document` is the wave document after it, `frame` what it was before.
 *
 * Returns the frame after it.
 */
export function incoming(transaction: Transaction, frame: Frame, op: DocOp, document: WaveDocument): Frame {
  const before = { doc: transaction.doc, frame };
  const kept = selectionOffsets(before, transaction.selection);
  const regions = touchedRegions(before, op);
  const rows = regions && newRows(before, regions, op, document);
  const after = rows ? replaceRows(transaction, frame, rows, document) : replaceAll(transaction, document);
  restoreSelection(transaction, after, kept, (offset, side) => mappedOffset(op, offset, side));
  return after;
}

/** Make the transaction's document that of the wave document, whatever it is now; returns its frame. */
export function rebuild(transaction: Transaction, frame: Frame, document: WaveDocument): Frame {
  const kept = selectionOffsets({ doc: transaction.doc, frame }, transaction.selection);
  const mapped = readDocument(document.runs());
  replaceDocument(transaction, mapped.doc);
  restoreSelection(transaction, mapped.frame, kept, (offset) => offset);
  return mapped.frame;
}

/** The rows of lines that an operation touches, in order; null when it touches what stands around the content. */
function touchedRegions({ doc, frame }: Mapped, op: DocOp): readonly LineRange[] | null {
  if (frame.missing !== "nothing") return null;
  const end = itemSize(doc);
  const regions: LineRange[] = [];
  const annotating = new Set<string>();
  let at = -frame.before; // from the start of the content
  for (const component of op) {
    const items = itemsConsumed(component);
    if ("ann" in component) {
      for (const [key] of component.ann.change ?? []) annotating.add(key);
      for (const key of component.ann.end ?? []) annotating.delete(key);
    } else if (!("retain" in component)) {
      if (at < 0 || at + items > end) return null;
      // what is inserted at a line's start ends the line before, and a line whose tags go joins it
      pushRegion(regions, linesAround(doc, Math.max(0, at - 1), at + items));
    } else if (annotating.size > 0) {
      const [from, to] = [Math.max(0, at), Math.min(end, at + items)];
      if (from < to) pushRegion(regions, linesAround(doc, from, to));
    }
    at += items;
  }
  return regions;
}

function pushRegion(regions: LineRange[], next: LineRange): void {
  const last = regions.at(-1);
  if (last === undefined || last.last < next.first) regions.push(next);
  else if (next.last > last.last) regions[regions.length - 1] = { ...last, last: next.last, to: next.to };
}

/** Lines that take the place of others. */
interface Row {
  readonly region: LineRange;
  readonly lines: readonly Node[];
}

/** What the regions hold now; null when one does not hold whole lines any more, or something else has changed. */
function newRows(
  before: Mapped,
  regions: readonly LineRange[],
  op: DocOp,
  document: WaveDocument,
): readonly Row[] | null {
  const { frame } = before;
  const rows: Row[] = [];
  let size = documentSize(before);
  for (const region of regions) {
    const from = mappedOffset(op, frame.before + region.from, region.first === 0 ? -1 : 1);
    const to = mappedOffset(op, frame.before + region.to, 1);
    const runs = [...document.runs(from, to)];
    if (!areWholeLines(runs)) return null;
    rows.push({ region, lines: readLines(runs) });
    size += to - from - (region.to - region.from);
  }
  return size === document.size ? rows : null;
}

/** Put rows in their places, the last first, each as a step of its own so that places between them are kept. */
function replaceRows(transaction: Transaction, frame: Frame, rows: readonly Row[], document: WaveDocument): Frame {
  for (const { region, lines } of [...rows].reverse()) {
    const { doc } = transaction;
    const all = [...doc.children.slice(0, region.first), ...lines, ...doc.children.slice(region.last)];
    replaceDocument(transaction, doc.copy(Fragment.fromArray(all)));
  }
  const left = [...document.runs(frame.before - 1, frame.before)][0]?.annotations ?? frame.left;
  return { ...frame, left };
}

function replaceAll(transaction: Transaction, document: WaveDocument): Frame {
  const mapped = readDocument(document.runs());
  replaceDocument(transaction, mapped.doc);
  return mapped.frame;
}

function areWholeLines(runs: readonly Run[]): boolean {
  if (runs[0]?.kind !== "start" || runs[0].type !== "line" || runs[1]?.kind !== "end") return false;
  let depth = 0;
  for (const run of runs) {
    depth += run.kind === "start" ? 1 : run.kind === "end" ? -1 : 0;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Replace what differs between the transaction's document and another: one range, as small as can be. */
function replaceDocument(transaction: Transaction, after: Node): void {
  const before = transaction.doc;
  const start = before.content.findDiffStart(after.content);
  const end = before.content.findDiffEnd(after.content);
  if (start === null || end === null) return;
  const overlap = Math.max(0, start - Math.min(end.a, end.b)); // what is at both ends of a repetition
  const slice = after.slice(start, end.b + overlap);
  transaction.step(new ReplaceStep(start, end.a + overlap, slice));
}

/** A selection, in items. */
interface KeptSelection {
  readonly anchor: number;
  readonly head: number;
  readonly node: boolean;
}

function selectionOffsets({ doc, frame }: Mapped, selection: Selection): KeptSelection {
  return {
    anchor: offsetAt(doc, frame, selection.anchor),
    head: offsetAt(doc, frame, selection.head),
    node: selection instanceof NodeSelection,
  };
}

/**
 * Select what was selected before. A caret stays left of what is inserted at its place; a selection does not grow by
 * what is inserted at its edges.
 */
function restoreSelection(
  transaction: Transaction,
  frame: Frame,
  kept: KeptSelection,
  moved: (offset: number, side: -1 | 1) => number,
): void {
  const { doc } = transaction;
  const place = (offset: number, side: -1 | 1) => positionAt(doc, frame, moved(offset, side));
  const [anchorSide, headSide] = sides(kept);
  const anchor = place(kept.anchor, anchorSide);
  const head = place(kept.head, headSide);
  const atom = kept.node ? doc.nodeAt(anchor) : null;
  const selection =
    atom !== null && NodeSelection.isSelectable(atom)
      ? NodeSelection.create(doc, anchor)
      : TextSelection.create(doc, anchor, head);
  if (!selection.eq(transaction.selection)) transaction.setSelection(selection);
}

function sides({ anchor, head }: KeptSelection): readonly [-1 | 1, -1 | 1] {
  if (anchor === head) return [-1, -1];
  return anchor < head ? [1, -1] : [-1, 1];
}
