/**
 * What the editor changed, as one document operation.
 *
 * Steps say exactly where content was replaced, so text that was not touched is never deleted and inserted again, and
 * what is typed into a row of equal letters goes where the caret was. In the ranges that they replaced, what both sides
 * begin and end with stays; where only attributes or annotations differ, only these change.
 */
import type { Node } from "prosemirror-model";
import type { Step } from "prosemirror-transform";
import { compose, type DocOp, isIdentity } from "../../ot";
import { type Annotations, NO_ANNOTATIONS } from "../document/annotations";
import type { Run } from "../document/items";
import { completed, documentSize, type Frame } from "../document/mapping";
import { offsetAt, runsBetween } from "../document/positions";
import { aligned } from "./alignment";
import { ChangeWriter } from "./changeWriter";
import { type ChangedRange, changedRanges } from "./ranges";

/**
 * The operation that makes the wave document of `before` into that of `after`, or null when there is nothing to do.
 *
 * `frame` is that of `before`; after the operation it is `completed(frame)`. The first line of the body is never deleted,
 * so that no two people's deletions together leave text outside any line. Costs what was touched, and a step for
 * each line.
 */
export function outgoing(before: Node, after: Node, frame: Frame, steps: readonly Step[]): DocOp | null {
  const op = before === after ? [] : changeOf(before, after, completed(frame), steps);
  if (isIdentity(op)) return null;
  return frame.missing === "nothing" ? op : compose(completion(frame, documentSize({ doc: before, frame })), op);
}

function changeOf(before: Node, after: Node, frame: Frame, steps: readonly Step[]): DocOp {
  const content: Frame = { ...frame, before: 0 };
  const stretches = changedRanges(before, after, steps).map((range) => inItems(before, after, content, range));
  const writer = new ChangeWriter();
  let written = -frame.before; // items of the content that the operation has walked so far
  for (const stretch of firstLineKept(stretches)) {
    writer.skip(stretch.fromOld - written, annotationsBefore(before, frame, stretch.fromOld));
    const old = runsBetween(before, stretch.fromOld, stretch.toOld);
    write(writer, old, runsBetween(after, stretch.fromNew, stretch.toNew));
    written = stretch.toOld;
  }
  writer.skip(documentSize({ doc: before, frame }) - frame.before - written, NO_ANNOTATIONS);
  return writer.finish();
}

function write(writer: ChangeWriter, before: readonly Run[], after: readonly Run[]): void {
  for (const step of aligned(before, after)) {
    if (step.kind === "kept") writer.keep(step.before, step.after);
    else if (step.kind === "inserted") writer.insert(step.run);
    else writer.remove(step.run);
  }
}

/** The range in items, counted from the start of the content. */
function inItems(before: Node, after: Node, content: Frame, range: ChangedRange): ChangedRange {
  return {
    fromOld: offsetAt(before, content, range.fromOld),
    toOld: offsetAt(before, content, range.toOld),
    fromNew: offsetAt(after, content, range.fromNew),
    toNew: offsetAt(after, content, range.toNew),
  };
}

const LINE_TAGS = 2;

/**
 * The stretches, such that the first line's tags are not deleted but become those of the line that takes its place.
 *
 * For that the first stretch grows until what it puts there begins with a line: that of the next line that stays.
 */
function firstLineKept(stretches: readonly ChangedRange[]): readonly ChangedRange[] {
  const [first, ...rest] = stretches;
  if (first === undefined || first.fromOld > 0 || first.toOld < LINE_TAGS || first.toNew >= LINE_TAGS) return stretches;
  const next = rest[0];
  if (next !== undefined && next.fromOld < first.toOld + LINE_TAGS) {
    return firstLineKept([{ ...first, toOld: next.toOld, toNew: next.toNew }, ...rest.slice(1)]);
  }
  return [{ ...first, toOld: first.toOld + LINE_TAGS, toNew: first.toNew + LINE_TAGS }, ...rest];
}

function annotationsBefore(doc: Node, frame: Frame, offset: number): Annotations {
  if (offset === 0) return frame.left;
  return runsBetween(doc, offset - 1, offset)[0]?.annotations ?? NO_ANNOTATIONS;
}

/** The operation that inserts what the document lacks: a line at the start of the body, or a body with one. */
function completion(frame: Frame, size: number): DocOp {
  const at = frame.before + LINE_TAGS;
  const writer = new ChangeWriter();
  writer.skip(at, frame.left);
  const line: readonly Run[] = [
    { kind: "start", type: "line", attributes: {}, annotations: NO_ANNOTATIONS },
    { kind: "end", annotations: NO_ANNOTATIONS },
  ];
  const body: Run = { kind: "start", type: "body", attributes: {}, annotations: NO_ANNOTATIONS };
  const end: Run = { kind: "end", annotations: NO_ANNOTATIONS };
  for (const run of frame.missing === "body" ? [body, ...line, end] : line) writer.insert(run);
  writer.skip(size - at, NO_ANNOTATIONS);
  return writer.finish();
}
