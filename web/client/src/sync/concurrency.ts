/**
 * The client's half of concurrency control for one wavelet: one submission in flight, the rest composed. Pure.
 *
 * What a person sees is the server's state at `version`, then the submission in flight, then the buffer:
 *
 *     synced      nothing is pending
 *     awaiting    a submission is in flight
 *     buffering   one is in flight, and more has been typed meanwhile
 *
 * Each remote delta is transformed against what is pending, and that against it, delta by delta as the server does
 * it, so that both ends arrive at the same operations. A submission is named by its key from its first edit on: it
 * may be sent again, by this tab or by another that takes its work over, until the history or an answer says what
 * became of it. Every step returns a new state; one that throws has changed nothing.
 *
 * Source: DESIGN.md, sections 4 and 8; docs/protocol.md, "Submitting".
 */

import { OperationError, transformOperations } from "../ot";
import { OutOfStep } from "./errors";
import { inverted, joined, sameOperations } from "./operations";
import type { Operations } from "./types";

/** A place in the history: a version, which counts operations, and its hash in base64url. */
export interface HashedVersion {
  readonly version: number;
  readonly hash: string;
}

/** Operations that go to the server as one delta. */
export interface Submission {
  /** Unique among the user's submissions to the wavelet, and the same when it is sent again. */
  readonly key: string;
  readonly operations: Operations;
  /** How many edits of the person's it is composed of. */
  readonly edits: number;
  /** Whether the server may have it already, in these words: nothing more is composed into it. */
  readonly sealed: boolean;
}

/** The delta that was applied at version `at` led to `to`. */
export interface Landing {
  readonly at: number;
  readonly to: HashedVersion;
}

/** Where a client stands with one wavelet. `early` is an acknowledgement that overtook deltas before it. */
export type Control =
  | { readonly kind: "synced"; readonly version: HashedVersion }
  | {
      readonly kind: "awaiting";
      readonly version: HashedVersion;
      readonly sent: Submission;
      readonly early: Landing | null;
    }
  | {
      readonly kind: "buffering";
      readonly version: HashedVersion;
      readonly sent: Submission;
      readonly early: Landing | null;
      readonly buffer: readonly [Submission, ...Submission[]];
    };

/** What a step led to. */
export interface Step {
  readonly control: Control;
  /** Operations to apply to what the person sees. */
  readonly shown: Operations;
  /** The submission that the history now holds, as it was applied there; null when none has been settled. */
  readonly settled: Submission | null;
}

/** Start at a version, with nothing pending. */
export function synced(version: HashedVersion): Control {
  return { kind: "synced", version };
}

/** What the server has not confirmed, oldest first. The first is the one in flight. */
export function pending(control: Control): readonly Submission[] {
  switch (control.kind) {
    case "synced":
      return [];
    case "awaiting":
      return [control.sent];
    case "buffering":
      return [control.sent, ...control.buffer];
  }
}

/** The submission to send, at `control.version`; again after a cut. Null when nothing is pending. */
export function inFlight(control: Control): Submission | null {
  return control.kind === "synced" ? null : control.sent;
}

/** How many edits the server has not confirmed. */
export function unsavedEdits(control: Control): number {
  return pending(control).reduce((sum, submission) => sum + submission.edits, 0);
}

/**
 * Take in a local edit, which has been applied to what the person sees. `key` names a submission that begins with it.
 * Throws ComposeError when it cannot follow what is pending.
 */
export function edit(control: Control, operations: Operations, key: string): Control {
  const queue = pending(control);
  const last = queue.length > 1 ? queue.at(-1) : undefined;
  if (last === undefined || last.sealed) {
    const begun = { key, operations: operations.reduce<Operations>(joined, []), edits: 1, sealed: false };
    return queued(control, [...queue, begun]);
  }
  const grown = { ...last, operations: operations.reduce(joined, last.operations), edits: last.edits + 1 };
  return queued(control, [...queue.slice(0, -1), grown]);
}

/**
 * Take in a delta of the history; `key` when it is of the same user, here or elsewhere.
 *
 * A delta that is known already changes nothing. One's own pending submission, met by its key, is settled. Throws
 * OutOfStep when deltas between are missing, or when it cannot be reconciled with what is pending.
 */
export function received(
  control: Control,
  author: string,
  operations: Operations,
  landing: Landing,
  key: string | null,
): Step {
  if (landing.to.version <= control.version.version) return unchanged(control);
  checkNext(control, landing);
  const own = key === null ? undefined : pending(control).find((submission) => submission.key === key);
  if (own === undefined) return overtaken(passed(control, author, operations, landing));
  if (own === inFlight(control) && sameOperations(own.operations, operations)) {
    return { control: settledFirst(control, landing.to), shown: [], settled: own };
  }
  // A copy of the submission that was written down before its last edits, perhaps: what the history says counts.
  const without = withdrawn(control, author, own);
  const after = passed(without.control, author, operations, landing);
  return {
    control: after.control,
    shown: [...without.shown, ...after.shown],
    settled: { ...own, operations },
  };
}

/**
 * The answer to the submission `key`: it has landed. News of a submission that is settled is not news. An answer
 * that counts on deltas which have not arrived waits for them. Throws OutOfStep when it contradicts what is known.
 */
export function acknowledged(control: Control, key: string, landing: Landing): Step {
  if (control.kind === "synced" || control.sent.key !== key) return unchanged(control);
  if (landing.at > control.version.version) return unchanged({ ...control, early: landing });
  checkNext(control, landing);
  return { control: settledFirst(control, landing.to), shown: [], settled: control.sent };
}

/**
 * The server will never apply the submission `key`: take it out from under what was typed since. `shown` undoes it.
 * Throws OutOfStep when what was typed since cannot stand without it.
 */
export function refused(control: Control, author: string, key: string): Step {
  const first = inFlight(control);
  if (first === null || first.key !== key) return unchanged(control);
  return withdrawn(control, author, first);
}

/**
 * Take over submissions of a tab that is gone, made for the state at `control.version` by the same user. They come
 * after what is pending here, keep their keys, and are sealed. Throws OutOfStep when they contradict what is pending.
 */
export function adopted(control: Control, author: string, submissions: readonly Submission[]): Step {
  let before: Operations = pending(control).flatMap((submission) => submission.operations);
  const taken: Submission[] = [];
  for (const submission of submissions) {
    const [operations, after] = rebased(submission.operations, author, before);
    taken.push({ ...submission, operations, sealed: true });
    before = after;
  }
  return {
    control: queued(control, [...pending(control), ...taken]),
    shown: taken.flatMap((submission) => submission.operations),
    settled: null,
  };
}

/** The same pending submissions at another version; only for one whose state is the same as at `control.version`. */
export function transplanted(control: Control, version: HashedVersion): Control {
  return control.kind === "synced" ? synced(version) : { ...control, version, early: null };
}

/** A state with these pending submissions, the first of them in flight. */
export function resumedWith(version: HashedVersion, submissions: readonly Submission[]): Control {
  return queued(synced(version), submissions);
}

// ---- the parts of a step ----

function unchanged(control: Control): Step {
  return { control, shown: [], settled: null };
}

function queued(control: Control, [sent, next, ...rest]: readonly Submission[]): Control {
  const { version } = control;
  if (sent === undefined) return synced(version);
  const early = control.kind !== "synced" && control.sent.key === sent.key ? control.early : null;
  if (next === undefined) return { kind: "awaiting", version, sent, early };
  return { kind: "buffering", version, sent, early, buffer: [next, ...rest] };
}

/** The first submission is in the history now, which ends at `version`. */
function settledFirst(control: Control, version: HashedVersion): Control {
  return queued({ kind: "synced", version }, pending(control).slice(1));
}

/** A delta of somebody else's passes under everything pending. */
function passed(control: Control, author: string, operations: Operations, landing: Landing): Step {
  let shown = operations;
  const queue: Submission[] = [];
  for (const submission of pending(control)) {
    const [mine, theirs] = rebased(submission.operations, author, shown);
    queue.push({ ...submission, operations: mine });
    shown = theirs;
  }
  const moved = queued(control, queue);
  return { control: { ...moved, version: landing.to }, shown, settled: null };
}

/** One submission is taken out from under those after it. */
function withdrawn(control: Control, author: string, submission: Submission): Step {
  const queue = pending(control);
  const place = queue.indexOf(submission);
  let shown: Operations = inverted(submission.operations);
  const later: Submission[] = [];
  for (const next of queue.slice(place + 1)) {
    const [mine, undo] = rebased(next.operations, author, shown);
    later.push({ ...next, operations: mine });
    shown = undo;
  }
  return { control: queued(control, [...queue.slice(0, place), ...later]), shown, settled: null };
}

/** Settle an acknowledgement that came before the deltas that it counted on. */
function overtaken(step: Step): Step {
  const { control } = step;
  if (control.kind === "synced" || control.early === null) return step;
  if (control.early.at !== control.version.version) return step;
  const after = acknowledged(control, control.sent.key, control.early);
  return { ...after, shown: step.shown };
}

function checkNext(control: Control, landing: Landing): void {
  if (landing.at !== control.version.version) {
    throw new OutOfStep(`expected the delta at version ${control.version.version}, got the one at ${landing.at}`);
  }
}

function rebased(mine: Operations, author: string, theirs: Operations): readonly [Operations, Operations] {
  try {
    // The server's author does not matter to the transformation (OT.md, W1 to W4).
    const { client, server } = transformOperations(mine, author, theirs, "");
    return [client, server];
  } catch (error) {
    if (error instanceof OperationError) {
      throw new OutOfStep(`what is pending here cannot be reconciled: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
