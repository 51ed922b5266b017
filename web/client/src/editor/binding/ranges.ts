/**
 * What a row of ProseMirror steps touched, told in positions of the document before and of the document after.
 *
 * Ranges are disjoint and in order; between them both documents are the same.
 */
import type { Node } from "prosemirror-model";
import {
  AddMarkStep,
  AddNodeMarkStep,
  AttrStep,
  RemoveMarkStep,
  RemoveNodeMarkStep,
  ReplaceAroundStep,
  ReplaceStep,
  type Step,
} from "prosemirror-transform";

/** Content of the document before, replaced by content of the document after. Either may be empty. */
export interface ChangedRange {
  readonly fromOld: number;
  readonly toOld: number;
  readonly fromNew: number;
  readonly toNew: number;
}

/** What steps changed. */
interface Changes {
  readonly replaced: readonly ChangedRange[];
  /** Where marks may have changed, in positions of the document after; null: nowhere. */
  readonly touched: { readonly from: number; readonly to: number } | null;
}

/**
 * What steps that lead from `before` to `after` changed: replaced content, and content with other marks.
 *
 * Steps of unknown kinds are understood by their result.
 */
export function changedRanges(before: Node, after: Node, steps: readonly Step[]): readonly ChangedRange[] {
  const { replaced, touched } = changesOf(before, after, steps);
  return touched === null ? replaced : withMarked(replaced, touched.from, touched.to);
}

/** The ranges, and between them those parts of `from` to `to` (new) that they leave out. */
function withMarked(replaced: readonly ChangedRange[], from: number, to: number): readonly ChangedRange[] {
  const ranges: ChangedRange[] = [];
  let free = 0; // new, where the last range ended
  let drifted = 0;
  const pushMarked = (end: number) => {
    const [fromNew, toNew] = [Math.max(from, free), Math.min(to, end)];
    if (fromNew < toNew) ranges.push({ fromOld: fromNew - drifted, toOld: toNew - drifted, fromNew, toNew });
  };
  for (const range of replaced) {
    pushMarked(range.fromNew);
    ranges.push(range);
    free = range.toNew;
    drifted = range.toNew - range.toOld;
  }
  pushMarked(to);
  return ranges;
}

function changesOf(before: Node, after: Node, steps: readonly Step[]): Changes {
  let replaced: readonly ChangedRange[] = [];
  let touched: { from: number; to: number } | null = null;
  for (const step of steps) {
    const span = markedSpan(step);
    if (span === undefined) return wholeChange(before, after);
    const map = step.getMap();
    map.forEach((fromOld, toOld, fromNew, toNew) => {
      replaced = withRange(replaced, { fromOld, toOld, fromNew, toNew });
    });
    if (step instanceof AttrStep) {
      const token = { fromOld: step.pos, toOld: step.pos + 1, fromNew: step.pos, toNew: step.pos + 1 };
      replaced = withRange(replaced, token); // an atom's attributes hold its items
    }
    if (touched !== null) touched = { from: map.map(touched.from, -1), to: map.map(touched.to, 1) };
    if (span !== null) {
      touched = {
        from: Math.min(touched?.from ?? span.from, span.from),
        to: Math.max(touched?.to ?? span.to, span.to),
      };
    }
  }
  return { replaced, touched };
}

/** Where a step changes marks; null for one that replaces content; undefined for an unknown one. */
function markedSpan(step: Step): { from: number; to: number } | null | undefined {
  if (step instanceof AddMarkStep || step instanceof RemoveMarkStep) return { from: step.from, to: step.to };
  if (step instanceof AddNodeMarkStep || step instanceof RemoveNodeMarkStep) {
    return { from: step.pos, to: step.pos + 1 };
  }
  const replaces = step instanceof ReplaceStep || step instanceof ReplaceAroundStep || step instanceof AttrStep;
  return replaces ? null : undefined;
}

/**
 * One more replacement, told between the document after `ranges` (its "old") and the next one (its "new").
 *
 * Replacements that touch become one. Of a step map with several ranges, each is told with the ones before it done.
 */
function withRange(ranges: readonly ChangedRange[], next: ChangedRange): readonly ChangedRange[] {
  const from = next.fromNew;
  const to = from + (next.toOld - next.fromOld);
  const shift = next.toNew - to;
  const before = ranges.filter((range) => range.toNew < from);
  const after = ranges.filter((range) => range.fromNew > to);
  const met = ranges.slice(before.length, ranges.length - after.length);
  return [...before, merged(met, from, to, drift(before), shift), ...after.map((range) => shifted(range, shift))];
}

/** One range for the replacement of `from` to `to` (in the document so far) and for those that it meets. */
function merged(met: readonly ChangedRange[], from: number, to: number, drifted: number, shift: number): ChangedRange {
  const first = met[0];
  const last = met.at(-1);
  if (first === undefined || last === undefined) {
    return { fromOld: from - drifted, toOld: to - drifted, fromNew: from, toNew: to + shift };
  }
  return {
    fromOld: first.fromOld - Math.max(0, first.fromNew - from),
    toOld: last.toOld + Math.max(0, to - last.toNew),
    fromNew: Math.min(from, first.fromNew),
    toNew: Math.max(to, last.toNew) + shift,
  };
}

/** How much further right a place behind these ranges stands than it stood in the old document. */
function drift(ranges: readonly ChangedRange[]): number {
  const last = ranges.at(-1);
  return last === undefined ? 0 : last.toNew - last.toOld;
}

function shifted(range: ChangedRange, shift: number): ChangedRange {
  return { ...range, fromNew: range.fromNew + shift, toNew: range.toNew + shift };
}

/** The one range in which two documents differ, found by comparing them. */
function wholeChange(before: Node, after: Node): Changes {
  const start = before.content.findDiffStart(after.content);
  const end = before.content.findDiffEnd(after.content);
  if (start === null || end === null) return { replaced: [], touched: null };
  const overlap = Math.max(0, start - Math.min(end.a, end.b));
  const range = { fromOld: start, toOld: end.a + overlap, fromNew: start, toNew: end.b + overlap };
  return { replaced: [range], touched: null };
}
