/**
 * The components of document operations, in the shapes in which they travel (docs/protocol.md).
 *
 * A component is a value: never change one. Lengths count *items*: one item is one character (a Unicode
 * code point, not a UTF-16 unit), one element start, or one element end.
 *
 * Source: wavespec.rst, "Document operations"; docs/ot.md.
 */

/** An element's attributes. The order of members means nothing; what the engine makes has them in UTF-16 order. */
export type Attributes = Readonly<Record<string, string>>;

/** The change of one attribute: null is "absent". */
export type AttributeChange = readonly [name: string, before: string | null, after: string | null];

/** The change of one annotation: null is "absent". */
export type AnnotationChange = readonly [key: string, before: string | null, after: string | null];

/** Keep the next items, at least 1, changed only by the open annotation update. */
export type Retain = { readonly retain: number };
/** Insert text, at least one character. */
export type Characters = { readonly chars: string };
/** Insert the start of an element; its end must follow in the same operation. */
export type ElementStart = { readonly start: readonly [type: string, attributes: Attributes] };
/** Insert the end of the element started last. */
export type ElementEnd = { readonly end: true };
/** Delete the next characters, which must be these. */
export type DeleteCharacters = { readonly delchars: string };
/** Delete the next item, which must be this element start. */
export type DeleteElementStart = { readonly delstart: readonly [type: string, attributes: Attributes] };
/** Delete the next item, which must be the end of the element whose deletion started last. */
export type DeleteElementEnd = { readonly delend: true };
/** Keep the next item, an element start with exactly the attributes `before`; they become `after`. */
export type ReplaceAttributes = { readonly replattrs: readonly [before: Attributes, after: Attributes] };
/** Keep the next item, an element start, changing only the attributes listed, sorted by name. */
export type UpdateAttributes = { readonly updattrs: readonly AttributeChange[] };
/** Change the annotation update that applies to what follows: stop `end`, set `change`; both sorted. No items. */
export type AnnotationBoundary = {
  readonly ann: { readonly end?: readonly string[]; readonly change?: readonly AnnotationChange[] };
};

/** What inserts items. */
export type Insertion = Characters | ElementStart | ElementEnd;
/** What deletes items. */
export type Deletion = DeleteCharacters | DeleteElementStart | DeleteElementEnd;

/** One step of a walk over a document. Exactly one member is present, and says which kind it is. */
export type Component = Retain | Insertion | Deletion | ReplaceAttributes | UpdateAttributes | AnnotationBoundary;

/** A document operation: components that walk a whole document from its start to its end. */
export type DocOp = readonly Component[];

/** An operation on a wavelet: participants come and go, documents change. */
export type WaveletOperation =
  | { readonly add: string }
  | { readonly remove: string }
  | { readonly noop: true }
  | { readonly doc: string; readonly op: DocOp };
