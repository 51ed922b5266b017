/** Marking what a change wrote: a document as it is, with a background under some of its items. Pure. */
import { ChangeWriter } from "../editor/binding/changeWriter";
import { BACKGROUND_COLOURS } from "../editor/document/styling";
import type { ItemRange } from "../history/changes";
import type { DocOp, Run, WaveDocument } from "../ot";

const BACKGROUND = "style/backgroundColor";

/** The document with the editor's yellow under the items of the ranges, which are in order. For showing only. */
export function highlighted(document: WaveDocument, ranges: readonly ItemRange[]): DocOp {
  if (ranges.length === 0) return document.toOp();
  const writer = new ChangeWriter();
  let at = 0;
  for (const range of ranges) {
    keepAll(writer, document.runs(at, range.from), (run) => run);
    keepAll(writer, document.runs(range.from, range.to), marked);
    at = range.to;
  }
  keepAll(writer, document.runs(at), (run) => run);
  const shown = document.clone();
  shown.apply(writer.finish());
  return shown.toOp();
}

function keepAll(writer: ChangeWriter, runs: Iterable<Run>, after: (run: Run) => Run): void {
  for (const run of runs) writer.keep(run, after(run));
}

function marked(run: Run): Run {
  return { ...run, annotations: new Map(run.annotations).set(BACKGROUND, BACKGROUND_COLOURS.yellow) };
}
