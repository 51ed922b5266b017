/** Runs: the pieces that a document's items are held in, and read in. */

import type { Annotations } from "./annotations";
import { sameAnnotations } from "./annotations";
import { codePoints, utf16Offset } from "./characters";
import type { Attributes } from "./components";

/** Text with the same annotations. `items` is its length in code points. */
export type TextRun = {
  readonly kind: "text";
  readonly text: string;
  readonly items: number;
  readonly annotations: Annotations;
};
/** One element start. */
export type StartRun = {
  readonly kind: "start";
  readonly type: string;
  readonly attributes: Attributes;
  readonly items: 1;
  readonly annotations: Annotations;
};
/** One element end. */
export type EndRun = { readonly kind: "end"; readonly items: 1; readonly annotations: Annotations };

/** Neighbouring items with the same annotations: some text, or one element start, or one element end. A value. */
export type Run = TextRun | StartRun | EndRun;

/** Characters in one run of a document at most: an edit copies one run's text. */
const LONGEST_TEXT = 512;

/** Text as runs of acceptable length. */
export function textRuns(text: string, annotations: Annotations): TextRun[] {
  const items = codePoints(text);
  if (items <= LONGEST_TEXT) return [{ kind: "text", text, items, annotations }];
  const runs: TextRun[] = [];
  const plain = items === text.length; // every character is one unit
  let start = 0;
  for (let left = items; left > 0; left -= LONGEST_TEXT) {
    const length = Math.min(left, LONGEST_TEXT);
    const end = plain ? start + length : utf16Offset(text, length, start);
    runs.push({ kind: "text", text: text.slice(start, end), items: length, annotations });
    start = end;
  }
  return runs;
}

/** The two as one run, if they can be: text with the same annotations, and not too long together. */
export function joinedRuns(left: Run, right: Run): TextRun | undefined {
  if (left.kind !== "text" || right.kind !== "text") return undefined;
  const items = left.items + right.items;
  if (items > LONGEST_TEXT || !sameAnnotations(left.annotations, right.annotations)) return undefined;
  return { kind: "text", text: left.text + right.text, items, annotations: left.annotations };
}

/** The run with other annotations; the same one if they are its own. */
export function annotated(run: Run, annotations: Annotations): Run {
  return run.annotations === annotations ? run : { ...run, annotations };
}

/** The offset in UTF-16 units of the item `items` behind the item at `unit` of a text run. */
export function unitAfter(run: TextRun, unit: number, items: number): number {
  return run.text.length === run.items ? unit + items : utf16Offset(run.text, items, unit);
}
