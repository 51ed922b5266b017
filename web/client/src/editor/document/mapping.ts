/**
 * Wave documents as ProseMirror documents.
 *
 * The ProseMirror document is what stands in the first `body`. What stands around it (contributors, head) is counted, not
 * shown; the text of a second body, which no client of ours writes, is given as `tail` so that it can be shown.
 */
import type { Node } from "prosemirror-model";
import type { Attributes } from "../../ot";
import { type Annotations, marksOf, NO_ANNOTATIONS } from "./annotations";
import { type AtomAttributes, innerItems, itemSize, type LineAttributes, pairs, type Run, runSize } from "./items";
import { schema } from "./schema";

/** What must be inserted before the first edit, for the document to be as the editor shows it. */
export type Missing = "nothing" | "line" | "body";

/** Where in the wave document the ProseMirror document stands. */
export interface Frame {
  /** Items before the first line's start. With a line missing, two less than items before its content. */
  readonly before: number;
  /** Items after the content. */
  readonly after: number;
  readonly missing: Missing;
  /** The annotations of the item before the content, which what is inserted first starts from. */
  readonly left: Annotations;
  /** Text in bodies after the first. */
  readonly tail: string;
}

/** A wave document as the editor holds it. */
export interface Mapped {
  readonly doc: Node;
  readonly frame: Frame;
}

/** Read a wave document's items. Any are accepted, in any order, as long as elements are balanced. */
export function readDocument(runs: Iterable<Run>): Mapped {
  const all = [...runs];
  const body = all.findIndex((run, index) => run.kind === "start" && run.type === "body" && depthAt(all, index) === 0);
  const size = all.reduce((sum, run) => sum + runSize(run), 0);
  if (body < 0) {
    const left = all.at(-1)?.annotations ?? NO_ANNOTATIONS;
    return { doc: emptyDocument(), frame: { before: size - 2, after: 0, missing: "body", left, tail: "" } };
  }
  const end = endOf(all, body);
  const content = all.slice(body + 1, end);
  const first = content[0];
  const missing = first?.kind === "start" && first.type === "line" && content[1]?.kind === "end" ? "nothing" : "line";
  const before = all.slice(0, body + 1).reduce((sum, run) => sum + runSize(run), 0);
  const items = content.reduce((sum, run) => sum + runSize(run), 0);
  return {
    doc: schema.node("doc", null, readLines(content)),
    frame: {
      before: missing === "line" ? before - 2 : before,
      after: size - before - items,
      missing,
      left: all[body]?.annotations ?? NO_ANNOTATIONS,
      tail: textOf(all.slice(end + 1)),
    },
  };
}

/** A document with one empty line. */
function emptyDocument(): Node {
  return schema.node("doc", null, [lineNode({})]);
}

/** A line with these attributes, and no annotations of its own. */
export function lineNode(attributes: Attributes, content: readonly Node[] = []): Node {
  return schema.node("line", { attributes }, [...content]);
}

/** The lines that a row of items makes. What stands before the first `line` gets a line of its own. */
export function readLines(runs: readonly Run[]): readonly Node[] {
  const lines: Node[] = [];
  let attrs: LineAttributes = PLAIN_LINE;
  let content: Node[] = [];
  let begun = false;
  const finish = () => {
    if (begun) lines.push(schema.node("line", attrs, content));
    content = [];
    begun = true;
  };
  for (let index = 0; index < runs.length; index++) {
    const run = runs[index];
    if (run === undefined || run.kind === "end") continue; // ends belong to starts, which skip them
    const next = runs[index + 1];
    if (run.kind === "start" && run.type === "line" && next?.kind === "end") {
      finish();
      attrs = { attributes: run.attributes, annotations: lineAnnotations(run.annotations, next.annotations) };
      index++;
      continue;
    }
    begun = true;
    if (run.kind === "text") {
      if (run.text !== "") content.push(schema.text(run.text, marksOf(schema, run.annotations)));
    } else {
      const end = endOf(runs, index);
      content.push(atomNode(run, runs.slice(index + 1, end + 1)));
      index = end;
    }
  }
  begun ||= lines.length === 0;
  finish();
  return lines;
}

const NO_LINE_ANNOTATIONS: LineAttributes["annotations"] = [[], []];
const PLAIN_LINE: LineAttributes = { attributes: {}, annotations: NO_LINE_ANNOTATIONS };

function lineAnnotations(start: Annotations, end: Annotations): LineAttributes["annotations"] {
  return start.size === 0 && end.size === 0 ? NO_LINE_ANNOTATIONS : [pairs(start), pairs(end)];
}

function atomNode(start: Run & { readonly kind: "start" }, rest: readonly Run[]): Node {
  const attrs: AtomAttributes = {
    type: start.type,
    attributes: start.attributes,
    rest: innerItems(start.annotations, rest),
  };
  const name = start.type === "image" || start.type === "reply" ? start.type : "element";
  return schema.node(name, attrs, undefined, marksOf(schema, start.annotations));
}

/** The index of the end of the element that starts at `index`; the last index when it has none. */
function endOf(runs: readonly Run[], index: number): number {
  let depth = 0;
  for (let at = index; at < runs.length; at++) {
    const kind = runs[at]?.kind;
    if (kind === "start") depth++;
    else if (kind === "end" && --depth === 0) return at;
  }
  return runs.length - 1;
}

function depthAt(runs: readonly Run[], index: number): number {
  let depth = 0;
  for (const run of runs.slice(0, index)) depth += run.kind === "start" ? 1 : run.kind === "end" ? -1 : 0;
  return depth;
}

function textOf(runs: readonly Run[]): string {
  return runs
    .map((run) => (run.kind === "text" ? run.text : " "))
    .join("")
    .replace(/\s+/gu, " ")
    .trim();
}

/** The number of items of the wave document that the editor holds. */
export function documentSize({ doc, frame }: Mapped): number {
  return frame.before + itemSize(doc) + frame.after;
}

/** The frame once what is missing has been inserted. */
export function completed(frame: Frame): Frame {
  if (frame.missing === "nothing") return frame;
  const inserted = frame.missing === "body" ? { before: 3, after: 1 } : { before: 2, after: 0 };
  return {
    ...frame,
    before: frame.before + inserted.before,
    after: frame.after + inserted.after,
    missing: "nothing",
    left: frame.missing === "body" ? NO_ANNOTATIONS : frame.left,
  };
}
