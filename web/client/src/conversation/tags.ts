/**
 * The tags of a wave, the document `tags`: `(tag)*`, each with its text.
 *
 * Source: CONVERSATION.md, "tags".
 */
import { codePoints, type WaveDocument, type WaveletOperation } from "../ot";
import { deleteItems, element, insertAt } from "./splicing";
import { printable } from "./text";

/** The id of the document that holds the tags. */
export const TAGS = "tags";

/** The longest tag that we write, in code points. */
export const LONGEST_TAG = 64;

/** A tag and its place: the items from `start` to before `end`. */
export interface Tag {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The tags in their order, without those that are blank. */
export function readTags(document: WaveDocument | undefined): readonly Tag[] {
  const tags: Tag[] = [];
  let open: { start: number; text: string } | null = null;
  let at = 0;
  for (const run of document?.runs() ?? []) {
    if (run.kind === "start" && run.type === "tag") open = { start: at, text: "" };
    if (run.kind === "text" && open !== null) open.text += run.text;
    at += run.kind === "text" ? codePoints(run.text) : 1;
    if (run.kind === "end" && open !== null) {
      if (open.text.trim() !== "") tags.push({ text: open.text.trim(), start: open.start, end: at });
      open = null;
    }
  }
  return tags;
}

/** What adding a tag comes to. */
export type AddedTag =
  | { readonly kind: "added"; readonly operations: readonly WaveletOperation[] }
  | { readonly kind: "blank" }
  | { readonly kind: "too-long" }
  | { readonly kind: "present" };

/** The operations that add a tag at the end, or why there are none. Case does not tell tags apart. */
export function addTag(document: WaveDocument | undefined, typed: string): AddedTag {
  const text = printable(typed).replace(/\s+/gu, " ").trim().replace(/^#/u, "");
  if (text === "") return { kind: "blank" };
  if (codePoints(text) > LONGEST_TAG) return { kind: "too-long" };
  const folded = text.toLowerCase();
  if (readTags(document).some((tag) => tag.text.toLowerCase() === folded)) return { kind: "present" };
  const size = document?.size ?? 0;
  const op = insertAt(size, size, element("tag", {}, [{ chars: text }]));
  return { kind: "added", operations: [{ doc: TAGS, op }] };
}

/** The operations that take every tag with this text away; none when there is none. */
export function removeTag(document: WaveDocument | undefined, text: string): readonly WaveletOperation[] {
  if (document === undefined) return [];
  // From the last to the first, so that the places of those before stay what they are.
  const state = document.clone();
  return readTags(document)
    .filter((tag) => tag.text === text)
    .reverse()
    .map((tag) => {
      const op = deleteItems(state, tag.start, tag.end);
      state.apply(op);
      return { doc: TAGS, op };
    });
}
