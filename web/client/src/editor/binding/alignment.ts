/**
 * Which items of a changed range stay: those that both sides have at its beginning, and at its end.
 *
 * Annotations and attributes do not count, since they can be changed where an item stays. An element that stays has
 * its start and its end kept together, so what is inserted and deleted is always balanced.
 */
import type { Run } from "../document/items";

/** A kept pair of runs of the same items, or a run that only one side has. */
export type Aligned =
  | { readonly kind: "kept"; readonly before: Run; readonly after: Run }
  | { readonly kind: "removed"; readonly run: Run }
  | { readonly kind: "inserted"; readonly run: Run };

/** The pairs and singles that lead from `before` to `after`. Both are balanced. Linear. */
export function aligned(before: readonly Run[], after: readonly Run[]): readonly Aligned[] {
  const old = units(before);
  const young = units(after);
  let first = 0;
  while (first < old.length && first < young.length && sameUnit(old[first], young[first])) first++;
  let last = 0;
  const most = Math.min(old.length, young.length) - first;
  while (last < most && sameUnit(old.at(-1 - last), young.at(-1 - last))) last++;
  const middleOld = old.slice(first, old.length - last).flat();
  const middleYoung = young.slice(first, young.length - last).flat();
  return [
    ...keptUnits(old.slice(0, first), young.slice(0, first)),
    ...middle(middleOld, middleYoung),
    ...keptUnits(old.slice(old.length - last), young.slice(young.length - last)),
  ];
}

/** A text, or an element from its start to its end. */
type Unit = readonly Run[];

function units(runs: readonly Run[]): readonly Unit[] {
  const found: Run[][] = [];
  let depth = 0;
  for (const run of runs) {
    if (depth === 0) found.push([]);
    found.at(-1)?.push(run);
    depth += run.kind === "start" ? 1 : run.kind === "end" ? -1 : 0;
  }
  return joinedTexts(found);
}

/** Texts that stand beside each other as one unit, however annotations divide them. */
function joinedTexts(found: readonly Unit[]): readonly Unit[] {
  const joined: Run[][] = [];
  for (const unit of found) {
    const last = joined.at(-1);
    if (unit[0]?.kind === "text" && last?.[0]?.kind === "text") last.push(...unit);
    else joined.push([...unit]);
  }
  return joined;
}

function sameUnit(one: Unit | undefined, other: Unit | undefined): boolean {
  if (one === undefined || other === undefined || one[0]?.kind !== other[0]?.kind) return false;
  if (one[0]?.kind === "text") return textOf(one) === textOf(other);
  if (one.length !== other.length) return false;
  return one.every((run, index) => sameItem(run, other[index]));
}

function sameItem(one: Run, other: Run | undefined): boolean {
  if (one.kind === "text") return other?.kind === "text" && one.text === other.text;
  return one.kind === "end" ? other?.kind === "end" : other?.kind === "start" && one.type === other.type;
}

function textOf(runs: readonly Run[]): string {
  return runs.map((run) => (run.kind === "text" ? run.text : "")).join("");
}

function keptUnits(old: readonly Unit[], young: readonly Unit[]): readonly Aligned[] {
  return kept(old.flat(), young.flat());
}

/** Pairs of runs of the same items, cut wherever either side has a border. */
function kept(old: readonly Run[], young: readonly Run[]): readonly Aligned[] {
  const pairs: Aligned[] = [];
  const others = [...young];
  for (const run of old) {
    let before = run;
    for (;;) {
      const after = others.shift();
      if (after === undefined) break;
      if (before.kind !== "text" || after.kind !== "text" || before.text.length === after.text.length) {
        pairs.push({ kind: "kept", before, after });
        break;
      }
      const length = Math.min(before.text.length, after.text.length);
      pairs.push({ kind: "kept", before: cut(before, 0, length), after: cut(after, 0, length) });
      if (after.text.length > length) {
        others.unshift(cut(after, length));
        break;
      }
      before = cut(before, length);
    }
  }
  return pairs;
}

function cut<Text extends Run & { readonly kind: "text" }>(run: Text, from: number, to?: number): Run & Text {
  return { ...run, text: run.text.slice(from, to) };
}

/** What differs: texts that begin or end alike keep that; the rest goes, and comes. */
function middle(old: readonly Run[], young: readonly Run[]): readonly Aligned[] {
  const [start, end] = [old[0], old.at(-1)];
  const [startYoung, endYoung] = [young[0], young.at(-1)];
  if (isElement(old) && isElement(young) && start && end && startYoung && endYoung && sameItem(start, startYoung)) {
    return [
      { kind: "kept", before: start, after: startYoung },
      ...aligned(old.slice(1, -1), young.slice(1, -1)), // the same element with other content
      { kind: "kept", before: end, after: endYoung },
    ];
  }
  const [headOld, headYoung] = [leadingText(old), leadingText(young)];
  const head = commonStart(textOf(headOld), textOf(headYoung));
  const [keptOld, restOld] = splitAt(old, head);
  const [keptYoung, restYoung] = splitAt(young, head);
  const tail = commonEnd(textOf(trailingText(restOld)), textOf(trailingText(restYoung)));
  const [goneOld, tailOld] = splitAt(restOld, codeUnits(restOld) - tail);
  const [comeYoung, tailYoung] = splitAt(restYoung, codeUnits(restYoung) - tail);
  return [
    ...kept(keptOld, keptYoung),
    ...comeYoung.map((run): Aligned => ({ kind: "inserted", run })),
    ...goneOld.map((run): Aligned => ({ kind: "removed", run })),
    ...kept(tailOld, tailYoung),
  ];
}

function isElement(runs: readonly Run[]): boolean {
  return runs[0]?.kind === "start" && units(runs).length === 1;
}

function leadingText(runs: readonly Run[]): readonly Run[] {
  const end = runs.findIndex((run) => run.kind !== "text");
  return end < 0 ? runs : runs.slice(0, end);
}

function trailingText(runs: readonly Run[]): readonly Run[] {
  return runs.slice(runs.findLastIndex((run) => run.kind !== "text") + 1);
}

function codeUnits(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + (run.kind === "text" ? run.text.length : 1), 0);
}

/** Runs before and after a place that is counted in UTF-16 units, tags counting one. */
function splitAt(runs: readonly Run[], place: number): readonly [readonly Run[], readonly Run[]] {
  const before: Run[] = [];
  const after: Run[] = [];
  let at = 0;
  for (const run of runs) {
    const length = run.kind === "text" ? run.text.length : 1;
    if (at + length <= place) before.push(run);
    else if (at >= place || run.kind !== "text") after.push(run);
    else {
      before.push(cut(run, 0, place - at));
      after.push(cut(run, place - at));
    }
    at += length;
  }
  return [before, after];
}

/** The UTF-16 units that both texts begin with, never half a character. */
function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return isHigh(one, length - 1) ? length - 1 : length;
}

/** The UTF-16 units that both texts end with, never half a character. */
function commonEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one.charCodeAt(one.length - 1 - length) === other.charCodeAt(other.length - 1 - length)) {
    length++;
  }
  return isLow(one, one.length - length) ? length - 1 : length;
}

function isHigh(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800;
}

function isLow(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}
