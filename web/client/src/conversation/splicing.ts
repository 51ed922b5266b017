/**
 * Document operations that change one place: insert there, delete there, set an attribute there.
 *
 * Places are counted in items. All functions are pure; the operations span the document that they read.
 */
import {
  type AnnotationChange,
  type Attributes,
  type Component,
  codePoints,
  type DocOp,
  type WaveDocument,
} from "../ot";

type Annotations = ReadonlyMap<string, string>;
const NONE: Annotations = new Map();

/** `content` inserted before the item `at` of a document of `size` items. It takes on the annotations to its left. */
export function insertAt(size: number, at: number, content: DocOp): DocOp {
  if (at < 0 || at > size) throw new RangeError(`place ${at} is outside a document of ${size} items`);
  return [...retain(at), ...content, ...retain(size - at)];
}

/** One attribute of the element that starts at `at` changed; null is "absent". */
export function setAttribute(
  size: number,
  at: number,
  name: string,
  before: string | null,
  after: string | null,
): DocOp {
  return [...retain(at), { updattrs: [[name, before, after]] }, ...retain(size - at - 1)];
}

/**
 * The items from `from` to before `to` deleted; they must be whole elements and characters.
 *
 * A deletion has to name each annotation that the deleted items have otherwise than the item to their left,
 * so that it can be inverted: OT.md, "Annotations".
 */
export function deleteItems(document: WaveDocument, from: number, to: number): DocOp {
  if (from < 0 || to > document.size || from > to) {
    throw new RangeError(`items ${from} to ${to} are outside a document of ${document.size} items`);
  }
  const deleted: Component[] = [];
  let inherited = NONE; // the annotations that what follows the deletion will have to its left
  let open: readonly string[] = [];
  let at = 0;
  for (const run of document.runs()) {
    const items = run.kind === "text" ? codePoints(run.text) : 1;
    if (at < from) inherited = run.annotations;
    const first = Math.max(from - at, 0);
    const last = Math.min(to - at, items);
    at += items;
    if (first >= last) continue;
    const change = differences(run.annotations, inherited);
    const keys = change.map(([key]) => key);
    pushBoundary(
      deleted,
      open.filter((key) => !keys.includes(key)),
      change,
    );
    open = keys;
    if (run.kind === "text") deleted.push({ delchars: [...run.text].slice(first, last).join("") });
    else if (run.kind === "start") deleted.push({ delstart: [run.type, run.attributes] });
    else deleted.push({ delend: true });
  }
  pushBoundary(deleted, open, []);
  return [...retain(from), ...deleted, ...retain(document.size - to)];
}

/** An element with text in it. */
export function element(type: string, attributes: Attributes, content: DocOp = []): DocOp {
  return [{ start: [type, attributes] }, ...content, { end: true }];
}

function retain(items: number): DocOp {
  return items > 0 ? [{ retain: items }] : [];
}

function differences(from: Annotations, to: Annotations): AnnotationChange[] {
  const keys = [...new Set([...from.keys(), ...to.keys()])].filter((key) => from.get(key) !== to.get(key)).sort();
  return keys.map((key) => [key, from.get(key) ?? null, to.get(key) ?? null]);
}

function pushBoundary(into: Component[], end: readonly string[], change: readonly AnnotationChange[]): void {
  if (end.length === 0 && change.length === 0) return;
  into.push({ ann: { ...(end.length > 0 ? { end } : {}), ...(change.length > 0 ? { change } : {}) } });
}
