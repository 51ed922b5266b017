/**
 * Annotations of wave documents as ProseMirror marks, one mark for each key, so that none is ever lost.
 *
 * A key that the editor offers has a mark of its own; every other key shares the mark `annotation`. Values are kept
 * as they are, also those that the editor would not write. Source: CONVERSATION.md, "Annotations on blips".
 */
import type { Mark, MarkType, Schema } from "prosemirror-model";

/** The annotations of one item: values by key. */
export type Annotations = ReadonlyMap<string, string>;

export const NO_ANNOTATIONS: Annotations = new Map();

/** The annotation key of each mark that has one. */
export const KEY_OF_MARK = {
  weight: "style/fontWeight",
  slant: "style/fontStyle",
  decoration: "style/textDecoration",
  family: "style/fontFamily",
  color: "style/color",
  background: "style/backgroundColor",
  size: "style/fontSize",
  vertical: "style/verticalAlign",
  link: "link/manual",
  linkAuto: "link/auto",
  linkWave: "link/wave",
  mention: "mention",
  lang: "lang",
} as const;

/** The marks with a key of their own. */
export type KeyedMark = keyof typeof KEY_OF_MARK;

/** The marks that make a text a link, the one that counts first. */
export const LINK_MARKS = ["link", "linkWave", "linkAuto"] as const satisfies readonly KeyedMark[];

const MARK_OF_KEY: ReadonlyMap<string, string> = new Map(Object.entries(KEY_OF_MARK).map(([mark, key]) => [key, mark]));

/** The annotation that a mark stands for. */
function annotationOf(mark: Mark): readonly [key: string, value: string] {
  const own = KEY_OF_MARK[mark.type.name as KeyedMark] as string | undefined;
  return [own ?? String(mark.attrs.key), String(mark.attrs.value)];
}

const annotationsCache = new WeakMap<readonly Mark[], Annotations>();

/** The annotations that marks stand for. Cached for each list of marks. */
export function annotationsOf(marks: readonly Mark[]): Annotations {
  if (marks.length === 0) return NO_ANNOTATIONS;
  let known = annotationsCache.get(marks);
  if (known === undefined) {
    known = new Map(marks.map(annotationOf));
    annotationsCache.set(marks, known);
  }
  return known;
}

/** The mark for an annotation. */
function markFor(schema: Schema, key: string, value: string): Mark {
  const name = MARK_OF_KEY.get(key);
  return name === undefined
    ? markType(schema, "annotation").create({ key, value })
    : markType(schema, name).create({ value });
}

/** The marks for annotations, in the schema's order; generic ones in the order of their keys. */
export function marksOf(schema: Schema, annotations: Annotations): readonly Mark[] {
  if (annotations.size === 0) return [];
  const marks = [...annotations].map(([key, value]) => markFor(schema, key, value));
  return marks.sort((one, other) => {
    const rank = rankOf(schema, one.type) - rankOf(schema, other.type);
    return rank !== 0 ? rank : compareText(String(one.attrs.key), String(other.attrs.key));
  });
}

/** Whether two items have the same annotations. */
export function sameAnnotations(one: Annotations, other: Annotations): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [key, value] of one) if (other.get(key) !== value) return false;
  return true;
}

/** The values that differ: key, and the value in `other` (null: absent), in UTF-16 order of keys. */
export function annotationChanges(one: Annotations, other: Annotations): readonly (readonly [string, string | null])[] {
  const changes: (readonly [string, string | null])[] = [];
  for (const key of one.keys()) if (!other.has(key)) changes.push([key, null]);
  for (const [key, value] of other) if (one.get(key) !== value) changes.push([key, value]);
  return changes.sort(([a], [b]) => compareText(a, b));
}

/** Annotations with some changed (null: removed). */
export function withChanges(
  annotations: Annotations,
  changes: readonly (readonly [string, string | null])[],
): Annotations {
  if (changes.length === 0) return annotations;
  const values = new Map(annotations);
  for (const [key, value] of changes) {
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
  return values;
}

/** The mark type of this name. Throws RangeError when the schema has none. */
export function markType(schema: Schema, name: string): MarkType {
  const type = schema.marks[name];
  if (type === undefined) throw new RangeError(`the schema has no mark ${name}`);
  return type;
}

const ranks = new WeakMap<Schema, Map<MarkType, number>>();

function rankOf(schema: Schema, type: MarkType): number {
  let order = ranks.get(schema);
  if (order === undefined) {
    order = new Map(Object.values(schema.marks).map((mark, index) => [mark, index]));
    ranks.set(schema, order);
  }
  return order.get(type) ?? 0;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
