/** What is written down of a wavelet, and what can be made of it: a state, and other tabs' work on top. Pure. */

import { OperationError, WaveDocument } from "../ot";
import { type Control, type HashedVersion, pending, received, resumedWith, type Submission } from "./concurrency";
import { OutOfStep } from "./errors";
import { type Delta, participantsAfter, type WaveletState } from "./replica";

/** A state of a wavelet. */
export interface StoredState extends WaveletState {
  readonly wavelet: string;
  readonly wave: string;
  /** When the wave was last opened here, in ms since 1970. */
  readonly used: number;
}

/** A delta after it. */
export interface StoredDelta extends Delta {
  readonly wavelet: string;
  /** `landing.at`, to find it by. */
  readonly at: number;
}

/** Edits that the server has not confirmed, of one tab and wavelet. */
export interface StoredWork {
  readonly id: string;
  /** The tab that looks after them. */
  readonly owner: string;
  readonly wavelet: string;
  readonly wave: string;
  /** What they were made for. */
  readonly base: HashedVersion;
  readonly submissions: readonly Submission[];
  /** When, in ms since 1970. */
  readonly written: number;
}

/**
 * The deltas that lead from version `from` on without a gap, oldest first; up to version `to`, if given.
 * Null when they do not reach it.
 */
export function chain(deltas: readonly StoredDelta[], from: number, to?: number): readonly StoredDelta[] | null {
  const byStart = new Map(deltas.map((delta) => [delta.at, delta]));
  const links: StoredDelta[] = [];
  let version = from;
  for (let next = byStart.get(version); next !== undefined && version !== to; next = byStart.get(version)) {
    if (next.landing.to.version <= version) break; // not a history
    links.push(next);
    version = next.landing.to.version;
  }
  return to === undefined || version === to ? links : null;
}

/** The state after a chain of deltas. Null when they do not fit it: what is written down is no use then. */
export function advanced(state: WaveletState, deltas: readonly StoredDelta[]): WaveletState | null {
  const last = deltas.at(-1);
  if (last === undefined) return state;
  try {
    return { ...stateAfter(state, deltas), version: last.landing.to };
  } catch (error) {
    if (error instanceof OperationError) return null;
    throw error;
  }
}

function stateAfter(state: WaveletState, deltas: readonly StoredDelta[]): Omit<WaveletState, "version"> {
  let participants = state.participants;
  const documents = new Map(Object.entries(state.documents).map(([id, op]) => [id, WaveDocument.fromOp(op)]));
  for (const operation of deltas.flatMap((delta) => delta.operations)) {
    if ("doc" in operation) {
      const document = documents.get(operation.doc) ?? WaveDocument.empty();
      document.apply(operation.op);
      documents.set(operation.doc, document);
    } else {
      participants = participantsAfter(participants, operation);
    }
  }
  const entries = [...documents].filter(([, document]) => document.size > 0);
  return { participants, documents: Object.fromEntries(entries.map(([id, document]) => [id, document.toOp()])) };
}

/**
 * What is left of work for the state after `deltas`, which lead from its base to there: what the history already
 * holds, by its key, is left out. Null when it cannot stand on that state.
 */
export function workAfter(
  work: StoredWork,
  deltas: readonly StoredDelta[],
  author: string,
): readonly Submission[] | null {
  try {
    let control: Control = resumedWith(work.base, work.submissions);
    for (const { operations, landing, key } of deltas) {
      control = received(control, author, operations, landing, key).control;
    }
    return pending(control);
  } catch (error) {
    if (error instanceof OutOfStep) return null;
    throw error;
  }
}
