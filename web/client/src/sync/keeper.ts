/**
 * When what is written down: soon after it changed, all changes since together, and work before it is sent.
 *
 * A submission is sent only when it is written down in the words in which it is sent. So whoever takes the work of
 * this tab over knows every key that the server may have seen, and what it stands for.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Submission } from "./concurrency";
import type { OfflineStore, Writes } from "./offlineStore";
import type { Delta, Replica, WaveletState } from "./replica";
import type { StoredDelta, StoredState, StoredWork } from "./storedCopies";
import type { Timer, Timers } from "./timers";
import type { Draft, StorageState } from "./types";

/** How long a change may wait until it is written, in ms; */
export const WRITE_DELAY = 50;
/** how long until writing is tried again after it failed; */
export const RETRY_DELAY = 5_000;
/** and how many deltas are kept until a new state takes their place. */
export const DELTAS_KEPT = 300;

/** Where things are written; OfflineStore is it. */
export type Writer = Pick<OfflineStore, "write">;

interface Queue {
  readonly work: Set<Replica>;
  readonly states: Map<string, { readonly state: StoredState; readonly replaces: boolean }>;
  readonly deltas: StoredDelta[];
  readonly done: Set<string>;
  readonly drafts: Draft[];
  readonly forgotten: Set<string>;
}

export class Keeper {
  readonly #writer: Writer | null;
  readonly #tab: string;
  readonly #timers: Timers;
  readonly #written: (replica: Replica) => void;
  readonly #storage = signal<StorageState>("kept");
  readonly #inWords = new WeakMap<Replica, string>(); // the submission in flight as it is written down
  readonly #sinceState = new Map<string, number>(); // deltas by wavelet
  #queue = emptyQueue();
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;

  /** `writer` null: this browser keeps nothing. `written` is told of each replica whose work has been written. */
  constructor(writer: Writer | null, tab: string, timers: Timers, written: (replica: Replica) => void) {
    this.#writer = writer;
    this.#tab = tab;
    this.#timers = timers;
    this.#written = written;
    if (writer === null) this.#storage.value = "unavailable";
  }

  get storage(): ReadonlySignal<StorageState> {
    return this.#storage;
  }

  /** Whether a replica's submission in flight may be sent; else `written` follows. */
  ready(replica: Replica): boolean {
    if (this.#storage.value === "unavailable") return true;
    const sent = replica.inFlight;
    if (sent === null || this.#inWords.get(replica) === wordsOf(sent)) return true;
    this.#queue.work.add(replica);
    this.#schedule(0);
    return false;
  }

  /** A replica's pending work has changed. */
  changed(replica: Replica): void {
    this.#queue.work.add(replica);
    this.#schedule(WRITE_DELAY);
  }

  /** The history went on. */
  advanced(replica: Replica, delta: Delta): void {
    const { author, operations, landing, timestamp, key } = delta;
    const wavelet = replica.name;
    this.#queue.deltas.push({ author, operations, landing, timestamp, key, wavelet, at: landing.at });
    this.#queue.work.add(replica);
    this.#sinceState.set(wavelet, (this.#sinceState.get(wavelet) ?? 0) + 1);
    this.#schedule(WRITE_DELAY);
  }

  /** Keep this state of a wavelet; `replaces` when what was kept is void. */
  keep(state: StoredState, replaces: boolean): void {
    const { wavelet } = state;
    const before = this.#queue.states.get(wavelet);
    this.#queue.states.set(wavelet, { state, replaces: replaces || before?.replaces === true });
    if (replaces) this.#dropDeltas(wavelet);
    this.#sinceState.set(wavelet, 0);
    this.#schedule(WRITE_DELAY);
  }

  /** Keep drafts until they are discarded. */
  drafted(drafts: readonly Draft[]): void {
    this.#queue.drafts.push(...drafts);
    this.#schedule(WRITE_DELAY);
  }

  /** Work that was taken over is part of this tab's now, or has become drafts. */
  done(id: string): void {
    this.#queue.done.add(id);
    this.#schedule(WRITE_DELAY);
  }

  /** Keep nothing of a wavelet. */
  forget(replica: Replica): void {
    const wavelet = replica.name;
    this.#queue.states.delete(wavelet);
    this.#dropDeltas(wavelet);
    this.#queue.work.delete(replica);
    this.#queue.done.add(this.#workId(wavelet));
    this.#queue.forgotten.add(wavelet);
    this.#schedule(WRITE_DELAY);
  }

  /** Write everything now. Resolves when that has been done, or has failed: `storage` tells. */
  async flush(): Promise<void> {
    if (this.#writer === null) return;
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
    if (this.#writing !== null) await this.#writing; // else it starts in this turn: the page may end after it
    await (isEmpty(this.#queue) ? this.#writing : this.#start(this.#writer)); // perhaps it is being written already
  }

  #dropDeltas(wavelet: string): void {
    this.#queue = { ...this.#queue, deltas: this.#queue.deltas.filter((delta) => delta.wavelet !== wavelet) };
  }

  #schedule(wait: number): void {
    const writer = this.#writer;
    if (writer === null || this.#writing !== null) return; // what is being written is followed by the rest
    if (wait === 0)
      queueMicrotask(() => void this.flush()); // what else changes in this turn goes along
    else this.#timer ??= this.#timers.set(() => void this.flush(), wait);
  }

  #start(writer: Writer): Promise<void> {
    this.#writing ??= this.#write(writer).finally(() => {
      this.#writing = null;
      if (!isEmpty(this.#queue)) this.#schedule(this.#storage.value === "kept" ? 0 : RETRY_DELAY);
    });
    return this.#writing;
  }

  async #write(writer: Writer): Promise<void> {
    const queue = this.#queue;
    this.#queue = emptyQueue();
    for (const replica of queue.work) this.#compact(queue, replica);
    const replicas = [...queue.work].map((replica) => ({ replica, sent: replica.inFlight }));
    try {
      await writer.write(this.#writes(queue));
      this.#storage.value = "kept";
    } catch {
      // No room, or not allowed: work goes on without, and people are told by `storage`.
      this.#storage.value = "unavailable";
      this.#again(queue);
    }
    for (const { replica, sent } of replicas) {
      if (sent !== null) this.#inWords.set(replica, wordsOf(sent));
      this.#written(replica);
    }
  }

  #writes(queue: Queue): Writes {
    return {
      states: [...queue.states.values()],
      deltas: queue.deltas,
      work: [...queue.work].map((replica) => this.#workOf(replica)),
      done: [...queue.done],
      drafts: queue.drafts,
      forgotten: [...queue.forgotten],
    };
  }

  #workOf(replica: Replica): StoredWork {
    const { name: wavelet, known: base, pending: submissions } = replica;
    const wave = waveOf(wavelet);
    return {
      id: this.#workId(wavelet),
      owner: this.#tab,
      wavelet,
      wave,
      base,
      submissions,
      written: this.#timers.now(),
    };
  }

  #workId(wavelet: string): string {
    return `${this.#tab}/${wavelet}`;
  }

  /** Let a new state take the place of many deltas, while nothing is pending on it. */
  #compact(queue: Queue, replica: Replica): void {
    if ((this.#sinceState.get(replica.name) ?? 0) < DELTAS_KEPT) return;
    const state = replica.confirmed;
    if (state === null) return;
    const before = queue.states.get(replica.name);
    const stored = storedState(replica.name, state, this.#timers.now());
    queue.states.set(replica.name, { state: stored, replaces: before?.replaces === true });
    this.#sinceState.set(replica.name, 0);
  }

  /** What could not be written is tried again; of the history a state will do, as soon as there is one. */
  #again(queue: Queue): void {
    for (const { wavelet } of queue.deltas) this.#sinceState.set(wavelet, DELTAS_KEPT);
    for (const replica of queue.work) this.#queue.work.add(replica);
    for (const [wavelet, state] of queue.states) {
      const outdated = this.#queue.states.has(wavelet) || this.#queue.forgotten.has(wavelet);
      if (!outdated) this.#queue.states.set(wavelet, state);
    }
    for (const id of queue.done) this.#queue.done.add(id);
    for (const wavelet of queue.forgotten) this.#queue.forgotten.add(wavelet);
    this.#queue.drafts.unshift(...queue.drafts);
  }
}

/** A state as it is kept. */
export function storedState(wavelet: string, state: WaveletState, used: number): StoredState {
  const { version, participants, documents } = state;
  return { version, participants, documents, wavelet, wave: waveOf(wavelet), used };
}

/** The wave of a wavelet's path. */
export function waveOf(wavelet: string): string {
  return wavelet.split("/").slice(0, 2).join("/");
}

function wordsOf(submission: Submission): string {
  return `${submission.key}:${submission.edits}`;
}

function emptyQueue(): Queue {
  return { work: new Set(), states: new Map(), deltas: [], done: new Set(), drafts: [], forgotten: new Set() };
}

function isEmpty(queue: Queue): boolean {
  const { work, states, deltas, done, drafts, forgotten } = queue;
  return work.size + states.size + deltas.length + done.size + drafts.length + forgotten.size === 0;
}
