/**
 * Undo and redo of one's own edits only, however many of others' came between.
 *
 * An entry is the inverse of an own edit, and what others did since, composed. Going back an entry rebases the inverse over
 * that, and hands what others did, rebased over the inverse, down to the entry before. So others' operations cost a
 * composition when they come, and only what is undone is transformed. All values are readonly, all functions pure.
 *
 * What is undone is a new edit like any other: its author is who undoes. Source: docs/ot.md, "Laws that hold".
 */
import { compose, type DocOp, invert, isIdentity, transform } from "../../ot";
import { type Extent, extentOf, mappedOffset } from "./places";

/** An own edit that can be reverted. */
interface Entry {
  /** Reverts it; for the document just after it. */
  readonly op: DocOp;
  /** What others did since, up to the next entry or until now; null: nothing. */
  readonly others: DocOp | null;
}

/** The last entry is the latest. */
type Stack = readonly Entry[];

/** Where the latest own edit was, in the document as it is now, and when (ms). */
interface Latest {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** What can be undone, and redone, in one document. */
export interface History {
  readonly undo: Stack;
  readonly redo: Stack;
  readonly latest: Latest | null;
}

/** How many steps can be undone, at most. */
export const MOST_STEPS = 500;

/** Own edits that follow each other within this time, in one place, are undone together. */
export const GROUP_MS = 700;

export const EMPTY_HISTORY: History = { undo: [], redo: [], latest: null };

/**
 * An own edit at time `now`. `apart` begins a new step, whatever came before.
 *
 * Nothing can be redone after it.
 */
export function recordOwn(history: History, op: DocOp, now: number, apart = false): History {
  const extent = extentOf(op);
  if (extent === null) return history;
  const joins = !apart && history.latest !== null && isNear(history.latest, extent, op, now);
  const undo = joins ? joined(history.undo, invert(op)) : pushed(history.undo, invert(op));
  return { undo, redo: [], latest: { at: now, from: extent.from, to: extent.to } };
}

/** An edit by somebody else. */
export function recordOthers(history: History, op: DocOp): History {
  const { latest } = history;
  return {
    undo: withOthers(history.undo, op),
    redo: withOthers(history.redo, op),
    latest: latest && { ...latest, from: mappedOffset(op, latest.from, 1), to: mappedOffset(op, latest.to, -1) },
  };
}

/** The next own edit begins a new step. */
export function closeStep(history: History): History {
  return history.latest === null ? history : { ...history, latest: null };
}

/** An operation that reverts, for the document as it is now, and the history after it. */
export interface Reverted {
  readonly op: DocOp;
  readonly history: History;
}

/** Undo the latest own step of which anything is left; null when there is none. */
export function undo(history: History): Reverted | null {
  const popped = pop(history.undo);
  if (popped === null) return null;
  const { op, stack } = popped;
  return { op, history: { undo: stack, redo: pushed(history.redo, invert(op)), latest: null } };
}

/** Redo what was undone last; null when there is nothing. */
export function redo(history: History): Reverted | null {
  const popped = pop(history.redo);
  if (popped === null) return null;
  const { op, stack } = popped;
  return { op, history: { undo: pushed(history.undo, invert(op)), redo: stack, latest: null } };
}

function isNear(latest: Latest, extent: Extent, op: DocOp, now: number): boolean {
  if (now - latest.at > GROUP_MS) return false;
  const from = mappedOffset(op, latest.from, -1);
  const to = mappedOffset(op, latest.to, 1);
  return extent.from <= to && extent.to >= from;
}

function pushed(stack: Stack, op: DocOp): Stack {
  return [...stack.slice(-(MOST_STEPS - 1)), { op, others: null }];
}

/** The latest entry together with one more inverse, which comes first when both are reverted. */
function joined(stack: Stack, op: DocOp): Stack {
  const popped = lifted(stack);
  return popped === null ? pushed(stack, op) : pushed(popped.stack, compose(op, popped.op));
}

function pop(stack: Stack): { readonly op: DocOp; readonly stack: Stack } | null {
  for (let popped = lifted(stack); popped !== null; popped = lifted(popped.stack)) {
    if (!isIdentity(popped.op)) return popped;
  }
  return null;
}

/** The latest inverse as it reads now, and the stack without it. */
function lifted(stack: Stack): { readonly op: DocOp; readonly stack: Stack } | null {
  const last = stack.at(-1);
  if (last === undefined) return null;
  const rest = stack.slice(0, -1);
  if (last.others === null) return { op: last.op, stack: rest };
  const [op, others] = transform(last.op, last.others);
  return { op, stack: withOthers(rest, others) };
}

function withOthers(stack: Stack, op: DocOp): Stack {
  const last = stack.at(-1);
  if (last === undefined) return stack;
  return [...stack.slice(0, -1), { op: last.op, others: last.others === null ? op : compose(last.others, op) }];
}
