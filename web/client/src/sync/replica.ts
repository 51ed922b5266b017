/**
 * One wavelet on one client: what the person sees, and the concurrency control beneath it. No socket, no storage.
 *
 * Edits are local first. What the server says comes in by `receive`, `acknowledge`, `refuse` and `replace`; what is
 * to be sent is `inFlight`. `host` is told when something changed that is to be sent or written down.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import {
  type DocOp,
  encodeOperations,
  InvalidOperation,
  OperationError,
  WaveDocument,
  type WaveletOperation,
} from "../ot";
import * as concurrency from "./concurrency";
import { draftsOf } from "./drafts";
import { OutOfStep, ReplicaEnded } from "./errors";
import { inverted } from "./operations";
import type { Draft, Operations, Origin, ReplicaEvent, Trouble, WaveletReplica } from "./types";

/** A wavelet's state at a version, as it is sent and stored. */
export interface WaveletState {
  readonly version: concurrency.HashedVersion;
  readonly participants: readonly string[];
  /** By id, each as the operation that makes it; those that are not empty. */
  readonly documents: Readonly<Record<string, DocOp>>;
}

/** A delta of the history. `key` only when this user submitted it. */
export interface Delta {
  readonly author: string;
  readonly operations: Operations;
  readonly landing: concurrency.Landing;
  readonly timestamp: number;
  readonly key: string | null;
}

/** Who looks after a replica. */
export interface ReplicaHost {
  /** The user whose edits these are. */
  readonly author: string;
  /** Keys and ids that nobody used before. */
  readonly newKey: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Something is pending, or no longer: write it down, and send what is to be sent. */
  changed(replica: Replica): void;
  /** The history went on. */
  advanced(replica: Replica, delta: Delta): void;
  /** Another state took the place of what was known: what was written down of it is void. */
  replaced(replica: Replica, state: WaveletState): void;
  /** Text was given up here. */
  drafted(drafts: readonly Draft[]): void;
  /** A listener threw: it must not disturb the others. */
  failed(error: unknown): void;
}

type Listener = (event: ReplicaEvent) => void;

/** The replica as synchronisation has it; everybody else sees a WaveletReplica. */
export class Replica implements WaveletReplica {
  readonly #host: ReplicaHost;
  readonly #listeners = new Set<Listener>();
  readonly #deliveries: { readonly event: ReplicaEvent; readonly listener: Listener }[] = [];
  readonly #unsaved = signal(0);
  readonly #troubles = signal<readonly Trouble[]>([]);
  #generation = 0;
  #control: concurrency.Control;
  #participants: readonly string[];
  #documents: Map<string, WaveDocument>;
  #ended: { readonly code: string } | null = null;

  /** Throws InvalidOperation when a document of the state is not one. */
  constructor(
    readonly name: string,
    state: WaveletState,
    host: ReplicaHost,
  ) {
    this.#host = host;
    this.#control = concurrency.synced(state.version);
    this.#participants = state.participants;
    this.#documents = documentsOf(state);
  }

  // ---- what the person sees ----

  get version(): number {
    return this.#control.version.version;
  }

  get ended(): boolean {
    return this.#ended !== null;
  }

  get participants(): readonly string[] {
    return this.#participants;
  }

  get documentIds(): Iterable<string> {
    return [...this.#documents].filter(([, document]) => document.size > 0).map(([id]) => id);
  }

  get unsaved(): ReadonlySignal<number> {
    return this.#unsaved;
  }

  get troubles(): ReadonlySignal<readonly Trouble[]> {
    return this.#troubles;
  }

  document(id: string): WaveDocument | undefined {
    return this.#documents.get(id);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(edit: Operations): void {
    if (this.#ended !== null) throw new ReplicaEnded(this.name, this.#ended.code);
    if (edit.length === 0) return;
    const operations = encodeOperations(edit); // as they are sent, and as they come back
    this.#applyAll(operations);
    try {
      this.#control = concurrency.edit(this.#control, operations, this.#host.newKey());
    } catch (error) {
      this.#applyAll(inverted(operations));
      throw error;
    }
    this.#pendingChanged();
    this.#tell({ kind: "operations", operations, origin: { kind: "local" } });
  }

  // ---- where the server is ----

  /** The version and hash to resume from. */
  get known(): concurrency.HashedVersion {
    return this.#control.version;
  }

  /** Grows with each `replace`: what was sent before it was made for another state. */
  get generation(): number {
    return this.#generation;
  }

  /** What to send now, or again after a cut. Null when nothing is pending. */
  get inFlight(): concurrency.Submission | null {
    return concurrency.inFlight(this.#control);
  }

  /** All that the server has not confirmed, oldest first, made for the state at `known`. */
  get pending(): readonly concurrency.Submission[] {
    return concurrency.pending(this.#control);
  }

  /** The state at `known`. Null while something is pending, which it would include. */
  get confirmed(): WaveletState | null {
    if (this.#control.kind !== "synced") return null;
    const documents = [...this.#documents].filter(([, document]) => document.size > 0);
    return {
      version: this.#control.version,
      participants: this.#participants,
      documents: Object.fromEntries(documents.map(([id, document]) => [id, document.toOp()])),
    };
  }

  // ---- what the server says ----

  /** A delta of the history. Throws OutOfStep: what is here can only be replaced then, or the gap filled. */
  receive(delta: Delta): void {
    const before = this.version;
    const { author, landing, timestamp } = delta;
    const step = concurrency.received(this.#control, this.#host.author, delta.operations, landing, delta.key);
    this.#take(step, { kind: "remote", author, at: landing.at, version: landing.to.version, timestamp });
    if (this.version > before) this.#host.advanced(this, delta);
    if (step.settled !== null) this.#tellSettled(landing.to.version, timestamp);
    this.#pendingChanged();
  }

  /** The submission `key` is durable. Throws OutOfStep. */
  acknowledge(key: string, landing: concurrency.Landing, timestamp: number): void {
    const step = concurrency.acknowledged(this.#control, key, landing);
    this.#control = step.control;
    if (step.settled !== null) {
      const { operations } = step.settled;
      this.#host.advanced(this, { author: this.#host.author, operations, landing, timestamp, key });
      this.#tellSettled(landing.to.version, timestamp);
      this.#pendingChanged();
    }
  }

  /** The server refused the submission `key`: undo it, and keep its text as drafts. Throws OutOfStep. */
  refuse(key: string, code: string): void {
    const first = this.inFlight;
    if (first === null || first.key !== key) return;
    const step = concurrency.refused(this.#control, this.#host.author, key);
    this.#take(step, { kind: "local" });
    this.#keepAsDrafts(first.operations, code);
    this.#pendingChanged();
  }

  /**
   * A snapshot of the server's, in place of what was known. What is pending stays where the documents that it changes
   * are the same in both; else it has lost its base, and its text is kept as drafts. Throws InvalidOperation, changing
   * nothing, when a document is not one.
   */
  replace(state: WaveletState): void {
    const documents = documentsOf(state);
    const submissions = this.pending;
    const operations = submissions.flatMap((submission) => submission.operations);
    const stays = submissions.length > 0 && this.#standsOn(state, operations);
    this.#generation += 1;
    this.#documents = documents;
    this.#participants = state.participants;
    this.#control = stays ? concurrency.transplanted(this.#control, state.version) : concurrency.synced(state.version);
    this.#host.replaced(this, state);
    if (stays) this.#applyAll(operations);
    this.#tell({ kind: "replaced" });
    if (!stays && submissions.length > 0) this.#keepAsDrafts(operations, "bad-version");
    this.#pendingChanged();
  }

  /** Give up what is pending, for `code`, and keep its text as drafts. The state is no longer that of any version. */
  abandon(code: string): void {
    const operations = this.pending.flatMap((submission) => submission.operations);
    this.#control = concurrency.synced(this.#control.version);
    if (operations.length > 0) this.#keepAsDrafts(operations, code);
    this.#pendingChanged();
  }

  /** These are all the troubles that it has with other providers now. */
  hearTroubles(troubles: readonly Trouble[]): void {
    if (troubles.length > 0 || this.#troubles.peek().length > 0) this.#troubles.value = troubles;
  }

  /** Nothing more comes of this wavelet. */
  end(code: string, message: string): void {
    if (this.#ended !== null) return;
    this.#ended = { code };
    this.abandon(code);
    this.#tell({ kind: "ended", code, message });
  }

  /** Take over what a tab that is gone left, made for the state at `known`. Throws OutOfStep, changing nothing. */
  adopt(submissions: readonly concurrency.Submission[]): void {
    const step = concurrency.adopted(this.#control, this.#host.author, submissions);
    this.#take(step, { kind: "local" });
    this.#pendingChanged();
  }

  // ----

  #pendingChanged(): void {
    this.#unsaved.value = concurrency.unsavedEdits(this.#control);
    this.#host.changed(this);
  }

  #tellSettled(version: number, timestamp: number): void {
    this.#tell({ kind: "acknowledged", version, timestamp });
  }

  #keepAsDrafts(operations: Operations, reason: string): void {
    const origin = { wavelet: this.name, at: this.#host.now(), reason, newId: this.#host.newKey };
    const drafts = draftsOf(operations, origin);
    this.#host.drafted(drafts.filter((draft) => draft.text !== ""));
    for (const draft of drafts) this.#tell({ kind: "refused", draft });
  }

  /** Whether `state` has what `operations` were made for, which are the last that was done here. */
  #standsOn(state: WaveletState, operations: Operations): boolean {
    const base = new Map<string, WaveDocument>();
    try {
      for (const operation of inverted(operations)) {
        if (!("doc" in operation)) return false; // who takes part is the server's to say now
        const document = base.get(operation.doc) ?? this.#documents.get(operation.doc)?.clone() ?? WaveDocument.empty();
        document.apply(operation.op);
        base.set(operation.doc, document);
      }
    } catch (error) {
      if (error instanceof OperationError) return false; // what is here is out of step, and so replaced
      throw error;
    }
    return [...base].every(([id, document]) => sameDocument(document.toOp(), state.documents[id] ?? []));
  }

  /** Take a step, and apply what it shows. Throws OutOfStep when that does not apply; nothing has changed then. */
  #take(step: concurrency.Step, origin: Origin): void {
    try {
      this.#applyAll(step.shown);
    } catch (error) {
      if (error instanceof OperationError) {
        throw new OutOfStep(`a change does not apply here: ${error.message}`, { cause: error });
      }
      throw error;
    }
    this.#control = step.control; // before anybody is told, and perhaps edits in answer
    if (step.shown.length > 0) this.#tell({ kind: "operations", operations: step.shown, origin });
  }

  /** Apply all operations or none. Throws InvalidOperation. */
  #applyAll(operations: Operations): void {
    operations.forEach((operation, done) => {
      try {
        this.#applyOne(operation);
      } catch (error) {
        for (const undo of inverted(operations.slice(0, done))) this.#applyOne(undo);
        throw error;
      }
    });
  }

  #applyOne(operation: WaveletOperation): void {
    if ("doc" in operation) {
      const document = this.#documents.get(operation.doc) ?? WaveDocument.empty();
      document.apply(operation.op);
      this.#documents.set(operation.doc, document);
    } else {
      this.#participants = participantsAfter(this.#participants, operation);
    }
  }

  /**
   * Tell everybody. A listener may edit in answer: then the others hear of the event first, and of the edit next, all
   * before `apply` returns.
   */
  #tell(event: ReplicaEvent): void {
    for (const listener of this.#listeners) this.#deliveries.push({ event, listener });
    for (let next = this.#deliveries.shift(); next !== undefined; next = this.#deliveries.shift()) {
      if (!this.#listeners.has(next.listener)) continue;
      try {
        next.listener(next.event);
      } catch (error) {
        this.#host.failed(error);
      }
    }
  }
}

function sameDocument(one: DocOp, other: DocOp): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function documentsOf(state: WaveletState): Map<string, WaveDocument> {
  return new Map(Object.entries(state.documents).map(([id, op]) => [id, WaveDocument.fromOp(op)]));
}

/** Throws InvalidOperation. */
export function participantsAfter(
  participants: readonly string[],
  operation: Exclude<WaveletOperation, { readonly doc: string }>,
): readonly string[] {
  if ("add" in operation) {
    if (participants.includes(operation.add)) throw new InvalidOperation(`${operation.add} is a participant already`);
    return [...participants, operation.add];
  }
  if ("remove" in operation) {
    if (!participants.includes(operation.remove)) throw new InvalidOperation(`${operation.remove} is no participant`);
    return participants.filter((address) => address !== operation.remove);
  }
  return participants;
}
