/**
 * The items of a wave document that ProseMirror nodes stand for: how many, and which.
 *
 * A `line` node stands for the two items of its `line` element and for its content; a text for its code points; an
 * element kept as an atom for all its items. Sizes are cached for each node, which never changes.
 */
import type { Node } from "prosemirror-model";
import { type Attributes, codePoints, utf16Offset } from "../../ot";
import { type Annotations, annotationChanges, annotationsOf, sameAnnotations, withChanges } from "./annotations";

/** A piece of a wave document: text, an element's start, or an element's end. What WaveDocument.runs() gives. */
export type Run =
  | { readonly kind: "text"; readonly text: string; readonly annotations: Annotations }
  | {
      readonly kind: "start";
      readonly type: string;
      readonly attributes: Attributes;
      readonly annotations: Annotations;
    }
  | { readonly kind: "end"; readonly annotations: Annotations };

/** Annotations as plain data, sorted by key. */
export type AnnotationPairs = readonly (readonly [key: string, value: string])[];

/** How the annotations of an item inside an atom differ from those of the atom's start; null: absent here. */
type Differing = readonly (readonly [key: string, value: string | null])[];

/** An item inside an element that is kept as one atom. */
export type InnerItem =
  | { readonly kind: "text"; readonly text: string; readonly differing: Differing }
  | { readonly kind: "start"; readonly type: string; readonly attributes: Attributes; readonly differing: Differing }
  | { readonly kind: "end"; readonly differing: Differing };

/** What an atom node keeps of its element: everything. `rest` is what follows its start, its own end included. */
export interface AtomAttributes {
  readonly type: string;
  readonly attributes: Attributes;
  readonly rest: readonly InnerItem[];
}

/** What a line node keeps: the element's attributes, and the annotations of its start and of its end. */
export interface LineAttributes {
  readonly attributes: Attributes;
  readonly annotations: readonly [start: AnnotationPairs, end: AnnotationPairs];
}

/** An element without content, as the rest of an atom. */
export const EMPTY_REST: readonly InnerItem[] = [{ kind: "end", differing: [] }];

/** The number of items of a run. */
export function runSize(run: Run | InnerItem): number {
  return run.kind === "text" ? codePoints(run.text) : 1;
}

const sizes = new WeakMap<Node, number>();

/** The number of items that a node stands for. Cached, so that it costs what is new. */
export function itemSize(node: Node): number {
  let size = sizes.get(node);
  if (size === undefined) {
    size = countItems(node);
    sizes.set(node, size);
  }
  return size;
}

function countItems(node: Node): number {
  if (node.isText) return codePoints(node.text ?? "");
  if (node.isAtom) return (node.attrs as AtomAttributes).rest.reduce((sum, item) => sum + runSize(item), 1);
  let sum = node.type.name === "line" ? 2 : 0;
  for (let index = 0; index < node.childCount; index++) sum += itemSize(node.child(index));
  return sum;
}

/** The items of a node, in order. */
export function nodeRuns(node: Node): readonly Run[] {
  const runs: Run[] = [];
  pushRuns(node, runs);
  return runs;
}

function pushRuns(node: Node, runs: Run[]): void {
  if (node.isText) {
    runs.push({ kind: "text", text: node.text ?? "", annotations: annotationsOf(node.marks) });
  } else if (node.isAtom) {
    pushAtom(node, runs);
  } else {
    if (node.type.name === "line") pushLine(node.attrs as LineAttributes, runs);
    for (let index = 0; index < node.childCount; index++) pushRuns(node.child(index), runs);
  }
}

function pushLine(line: LineAttributes, runs: Run[]): void {
  const [start, end] = line.annotations;
  runs.push({ kind: "start", type: "line", attributes: line.attributes, annotations: new Map(start) });
  runs.push({ kind: "end", annotations: new Map(end) });
}

function pushAtom(node: Node, runs: Run[]): void {
  const { type, attributes, rest } = node.attrs as AtomAttributes;
  const annotations = annotationsOf(node.marks);
  runs.push({ kind: "start", type, attributes, annotations });
  for (const { differing, ...item } of rest) runs.push({ ...item, annotations: withChanges(annotations, differing) });
}

/** What an atom keeps of the items after its start. */
export function innerItems(start: Annotations, runs: readonly Run[]): readonly InnerItem[] {
  return runs.map(({ annotations, ...item }) => ({ ...item, differing: annotationChanges(start, annotations) }));
}

/** Annotations as plain data. */
export function pairs(annotations: Annotations): AnnotationPairs {
  return [...annotations].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The items from `from` to `to`, counted in `runs`. A text that is cut is cut between code points. */
export function sliceRuns(runs: Iterable<Run>, from: number, to: number): readonly Run[] {
  const taken: Run[] = [];
  let at = 0;
  for (const run of runs) {
    if (at >= to) break;
    const size = runSize(run);
    const first = Math.max(from - at, 0);
    const last = Math.min(to - at, size);
    if (first < last) taken.push(first === 0 && last === size ? run : cutText(run, first, last));
    at += size;
  }
  return taken;
}

function cutText(run: Run, first: number, last: number): Run {
  if (run.kind !== "text") return run;
  const begin = utf16Offset(run.text, first);
  return { ...run, text: run.text.slice(begin, utf16Offset(run.text, last - first, begin)) };
}

/** The runs with neighbouring texts of the same annotations joined, so that equal items make equal runs. */
export function joinedRuns(runs: Iterable<Run>): readonly Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (run.kind === "text" && last?.kind === "text" && sameAnnotations(last.annotations, run.annotations)) {
      joined[joined.length - 1] = { ...last, text: last.text + run.text };
    } else if (run.kind !== "text" || run.text !== "") {
      joined.push(run);
    }
  }
  return joined;
}

/** Whether both are the same items with the same annotations, however texts are divided. */
export function sameRuns(one: Iterable<Run>, other: Iterable<Run>): boolean {
  const [first, second] = [joinedRuns(one), joinedRuns(other)];
  return first.length === second.length && first.every((run, index) => sameRun(run, second[index]));
}

function sameRun(one: Run, other: Run | undefined): boolean {
  if (other === undefined || !sameAnnotations(one.annotations, other.annotations)) return false;
  if (one.kind === "text") return other.kind === "text" && one.text === other.text;
  if (one.kind === "end") return other.kind === "end";
  if (other.kind !== "start" || one.type !== other.type) return false;
  const names = Object.keys(one.attributes);
  return (
    names.length === Object.keys(other.attributes).length &&
    names.every((name) => one.attributes[name] === other.attributes[name])
  );
}
