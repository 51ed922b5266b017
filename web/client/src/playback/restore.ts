/** Going back to an old state by a new change: nothing of the history is undone, so this can be undone the same way. Pure. */
import { type Aligned, aligned } from "../editor/binding/alignment";
import { ChangeWriter } from "../editor/binding/changeWriter";
import type { Run } from "../editor/document/items";
import { type DocOp, isIdentity, WaveDocument, type WaveletOperation } from "../ot";
import { matches } from "./matching";

/** Documents by id; those without items are left out. */
export type Documents = ReadonlyMap<string, WaveDocument>;

/**
 * The operations that make the documents `current` into those of `old`, one for each document that differs.
 *
 * Words and elements that both have stay, and where only attributes or annotations differ only these change. A document
 * that the old state has not is emptied. Participants stay as they are: who may read is not part of the text.
 * The manifest goes first, so that who reads the operations one by one meets no blip that the manifest does not name.
 */
export function restoring(current: Documents, old: Documents): readonly WaveletOperation[] {
  const ids = [...new Set([...current.keys(), ...old.keys()])].sort();
  const manifest = ids.filter((id) => id === "conversation");
  const others = ids.filter((id) => id !== "conversation");
  return [...manifest, ...others].flatMap((id) => {
    const op = replacing(current.get(id) ?? WaveDocument.empty(), old.get(id) ?? WaveDocument.empty());
    return isIdentity(op) ? [] : [{ doc: id, op }];
  });
}

/** The operation that makes `before` into `after`. Words and elements that both have stay, and so whose they are. */
export function replacing(before: WaveDocument, after: WaveDocument): DocOp {
  const writer = new ChangeWriter();
  for (const step of steps([...before.runs()], [...after.runs()])) {
    if (step.kind === "kept") writer.keep(step.before, step.after);
    else if (step.kind === "inserted") writer.insert(step.run);
    else writer.remove(step.run);
  }
  return writer.finish();
}

const DIFFERENCES = 400; // words and elements; beyond, only beginning and end are compared

/** What stays, goes and comes; both sides are balanced. */
function steps(before: readonly Run[], after: readonly Run[]): readonly Aligned[] {
  const old = tokensOf(before);
  const young = tokensOf(after);
  const all: Aligned[] = [];
  let [x, y] = [0, 0]; // tokens behind
  for (const match of matches(keysOf(old), keysOf(young), DIFFERENCES)) {
    all.push(...exchanged(runsOf(old.slice(x, match.before)), runsOf(young.slice(y, match.after))));
    for (let index = 0; index < match.length; index++)
      all.push(...kept(old[match.before + index], young[match.after + index]));
    [x, y] = [match.before + match.length, match.after + match.length];
  }
  return [...all, ...exchanged(runsOf(old.slice(x)), runsOf(young.slice(y)))];
}

/** Two tokens of one key: a word, or an element whose content may differ. */
function kept(before: Token | undefined, after: Token | undefined): readonly Aligned[] {
  if (before === undefined || after === undefined) return [];
  const [start, startAfter] = [before.runs[0], after.runs[0]];
  const [end, endAfter] = [before.runs.at(-1), after.runs.at(-1)];
  if (start?.kind !== "start" || startAfter === undefined || end === undefined || endAfter === undefined)
    return aligned(before.runs, after.runs);
  return [
    { kind: "kept", before: start, after: startAfter },
    ...steps(before.runs.slice(1, -1), after.runs.slice(1, -1)),
    { kind: "kept", before: end, after: endAfter },
  ];
}

/**
 * What goes, and what comes in its place. Words and lines keep what they have in common; other elements do not become
 * each other, since what others do to the one meanwhile is not meant for the other.
 */
function exchanged(gone: readonly Run[], come: readonly Run[]): readonly Aligned[] {
  const special = (run: Run): boolean => run.kind === "start" && run.type !== LINE;
  if (!gone.some(special) && !come.some(special)) return aligned(gone, come);
  const inserted = come.map((run): Aligned => ({ kind: "inserted", run }));
  return [...inserted, ...gone.map((run): Aligned => ({ kind: "removed", run }))];
}

const LINE = "line";
const WORDS = /\s+|\S+/gu;

/** A word, the space between two, or an element. Elements are the same by their start; lines whatever theirs says. */
interface Token {
  readonly key: string;
  readonly runs: readonly Run[];
}

function tokensOf(runs: readonly Run[]): readonly Token[] {
  const tokens: Token[] = [];
  let texts: Run[] = [];
  let element: Run[] = [];
  let depth = 0;
  for (const run of runs) {
    if (depth === 0 && run.kind === "text") {
      texts.push(run);
      continue;
    }
    tokens.push(...wordsOf(texts));
    texts = [];
    element.push(run);
    depth += run.kind === "start" ? 1 : run.kind === "end" ? -1 : 0;
    if (depth > 0) continue;
    tokens.push({ key: elementKey(element[0]), runs: element });
    element = [];
  }
  return [...tokens, ...wordsOf(texts)];
}

/** The words of neighbouring texts, each as the pieces of them that it is made of. Linear. */
function wordsOf(texts: readonly Run[]): readonly Token[] {
  const whole = texts.map(textOf).join("");
  let index = 0;
  let begun = 0; // UTF-16 units of the text at the index that are behind
  return [...whole.matchAll(WORDS)].map(([word]) => {
    const runs: Run[] = [];
    for (let left = word.length; left > 0; ) {
      const run = texts[index];
      if (run?.kind !== "text") break;
      const taken = Math.min(left, run.text.length - begun);
      runs.push({ ...run, text: run.text.slice(begun, begun + taken) });
      left -= taken;
      begun += taken;
      if (begun === run.text.length) {
        index += 1;
        begun = 0;
      }
    }
    return { key: word, runs };
  });
}

function textOf(run: Run): string {
  return run.kind === "text" ? run.text : "";
}

/** No word begins like that: it is a control character. */
function elementKey(start: Run | undefined): string {
  if (start?.kind !== "start") return "";
  return `\u0000${start.type}${start.type === LINE ? "" : JSON.stringify(Object.entries(start.attributes).sort())}`;
}

function keysOf(tokens: readonly Token[]): readonly string[] {
  return tokens.map((token) => token.key);
}

function runsOf(tokens: readonly Token[]): readonly Run[] {
  return tokens.flatMap((token) => token.runs);
}
