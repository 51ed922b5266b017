/**
 * What this browser keeps of one person's waves: the last known states, the deltas since, edits that the server has
 * not confirmed, and drafts. In IndexedDB, in a database of the person's own: nobody else's client opens it.
 *
 * Several tabs write at once. What they write of the history is the same, so the order does not matter; work has an
 * owner, and only the owner writes it.
 */

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { StoredDelta, StoredState, StoredWork } from "./storedCopies";
import type { Draft } from "./types";

const SCHEMA_VERSION = 1;
const MOST_WAVES_KEPT = 200;
const VERSIONS_BEHIND = 1000; // how far behind a state deltas are kept, for tabs that have not heard of it yet

interface Schema extends DBSchema {
  states: { key: string; value: StoredState; indexes: { wave: string } };
  deltas: { key: [wavelet: string, at: number]; value: StoredDelta };
  work: { key: string; value: StoredWork; indexes: { wavelet: string; owner: string } };
  drafts: { key: string; value: Draft };
}

type StoreName = "states" | "deltas" | "work" | "drafts";
const STORES: StoreName[] = ["states", "deltas", "work", "drafts"];
type Writing = IDBPTransaction<Schema, StoreName[], "readwrite">;

/** What is to be written together. */
export interface Writes {
  /** States to keep; one that is older than what is kept is passed over, unless it `replaces` it. */
  readonly states: readonly { readonly state: StoredState; readonly replaces: boolean }[];
  readonly deltas: readonly StoredDelta[];
  /** Work as it is now; without submissions it is done. */
  readonly work: readonly StoredWork[];
  /** Ids of work that is part of other work now, or done. */
  readonly done: readonly string[];
  readonly drafts: readonly Draft[];
  /** Wavelets of which nothing is to be kept. */
  readonly forgotten: readonly string[];
}

/** One wavelet as it was found. */
export interface FoundWavelet {
  readonly state: StoredState;
  readonly deltas: readonly StoredDelta[];
}

/** The name of a person's database. */
function databaseName(address: string): string {
  return `groundswell:${address}`;
}

/** Forget what this browser has of a person's waves, but neither drafts nor what the server does not have yet. */
export async function forgetCopies(address: string): Promise<void> {
  const store = await OfflineStore.open(address);
  await store.forgetCopies();
  store.close();
}

export class OfflineStore {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  /** Rejects when the browser does not let pages keep anything. */
  static async open(address: string): Promise<OfflineStore> {
    const database = await openDB<Schema>(databaseName(address), SCHEMA_VERSION, {
      upgrade(made) {
        made.createObjectStore("states", { keyPath: "wavelet" }).createIndex("wave", "wave");
        made.createObjectStore("deltas", { keyPath: ["wavelet", "at"] });
        const work = made.createObjectStore("work", { keyPath: "id" });
        work.createIndex("wavelet", "wavelet");
        work.createIndex("owner", "owner");
        made.createObjectStore("drafts", { keyPath: "id" });
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close(); // another tab has a later schema
      },
    });
    return new OfflineStore(database);
  }

  close(): void {
    this.#database.close();
  }

  /** The wavelets of a wave, each with the deltas after its state. */
  async wave(wave: string): Promise<readonly FoundWavelet[]> {
    const reading = this.#database.transaction(["states", "deltas"], "readonly");
    const states = await reading.objectStore("states").index("wave").getAll(wave);
    const deltas = reading.objectStore("deltas");
    const found = states.map(async (state) => {
      return { state, deltas: await deltas.getAll(deltasFrom(state.wavelet, state.version.version)) };
    });
    return Promise.all(found);
  }

  /** The deltas that are kept of a wavelet, oldest first. */
  deltas(wavelet: string): Promise<readonly StoredDelta[]> {
    return this.#database.getAll("deltas", deltasFrom(wavelet, 0));
  }

  /** Work of every tab, also of those that are gone. */
  work(): Promise<readonly StoredWork[]> {
    return this.#database.getAll("work");
  }

  drafts(): Promise<readonly Draft[]> {
    return this.#database.getAll("drafts");
  }

  async discardDraft(id: string): Promise<void> {
    await this.#database.delete("drafts", id);
  }

  /** Make the work of tab `from` that of tab `to`, all of it or none. Returns it. */
  async takeOver(from: string, to: string): Promise<readonly StoredWork[]> {
    const writing = this.#database.transaction("work", "readwrite");
    const taken = (await writing.store.index("owner").getAll(from)).map((work) => ({ ...work, owner: to }));
    await Promise.all([...taken.map((work) => writing.store.put(work)), writing.done]);
    return taken;
  }

  /**
   * Write all of this or nothing. Rejects when there is no room, for instance. Without states it is all asked for in
   * this turn, so that it is done also when the page ends right after.
   */
  async write(writes: Writes): Promise<void> {
    const writing = this.#database.transaction(STORES, "readwrite");
    const asked: Promise<unknown>[] = [writing.done];
    try {
      for (const id of writes.done) asked.push(writing.objectStore("work").delete(id));
      for (const work of writes.work) asked.push(putWork(writing, work));
      for (const wavelet of writes.forgotten) await forget(writing, wavelet);
      for (const { state, replaces } of writes.states) await putState(writing, state, replaces);
      for (const delta of writes.deltas) asked.push(writing.objectStore("deltas").put(delta));
      for (const draft of writes.drafts) asked.push(writing.objectStore("drafts").put(draft));
      writing.commit();
    } catch (error) {
      abort(writing);
      await Promise.allSettled(asked); // they all failed with it
      throw error;
    }
    await Promise.all(asked);
  }

  /** Forget all waves without work of any tab. */
  async forgetCopies(): Promise<void> {
    const writing = this.#database.transaction(STORES, "readwrite");
    const busy = new Set((await writing.objectStore("work").getAll()).map((work) => work.wavelet));
    const kept = await writing.objectStore("states").getAllKeys();
    for (const wavelet of kept) if (!busy.has(wavelet)) await forget(writing, wavelet);
    await writing.done;
  }

  /** Forget the waves that were not opened for longest, so that not too many are kept; never unconfirmed work. */
  async prune(): Promise<void> {
    const writing = this.#database.transaction(STORES, "readwrite");
    const states = await writing.objectStore("states").getAll();
    const busy = new Set((await writing.objectStore("work").getAll()).map((work) => work.wave));
    const lastUsed = new Map<string, number>();
    for (const { wave, used } of states) lastUsed.set(wave, Math.max(used, lastUsed.get(wave) ?? 0));
    const waves = [...lastUsed].sort(([, one], [, other]) => other - one).map(([wave]) => wave);
    const old = new Set(waves.slice(MOST_WAVES_KEPT).filter((wave) => !busy.has(wave)));
    for (const { wave, wavelet } of states) if (old.has(wave)) await forget(writing, wavelet);
    await writing.done;
  }
}

function deltasFrom(wavelet: string, first: number, last: number = Number.MAX_SAFE_INTEGER): IDBKeyRange {
  return IDBKeyRange.bound([wavelet, first], [wavelet, last]);
}

function abort(writing: Writing): void {
  try {
    writing.abort();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // a failed request has aborted it already
  }
}

async function forget(writing: Writing, wavelet: string): Promise<void> {
  await writing.objectStore("states").delete(wavelet);
  await writing.objectStore("deltas").delete(deltasFrom(wavelet, 0));
}

function putWork(writing: Writing, work: StoredWork): Promise<unknown> {
  const store = writing.objectStore("work");
  return work.submissions.length > 0 ? store.put(work) : store.delete(work.id);
}

/**
 * Keep a state in place of an earlier one. Deltas before it are kept as far back as work of any tab needs them, and
 * somewhat farther: a tab that was suspended may still make work for an earlier version, and end before it hears more.
 */
async function putState(writing: Writing, state: StoredState, replaces: boolean): Promise<void> {
  const { wavelet, version } = state;
  if (replaces) await forget(writing, wavelet);
  const states = writing.objectStore("states");
  const kept = await states.get(wavelet);
  if (kept !== undefined && kept.version.version >= version.version) {
    await states.put({ ...kept, used: Math.max(kept.used, state.used) });
    return;
  }
  await states.put(state);
  const work = await writing.objectStore("work").index("wavelet").getAll(wavelet);
  const needed = Math.min(version.version - VERSIONS_BEHIND, ...work.map(({ base }) => base.version));
  if (needed > 0) await writing.objectStore("deltas").delete(deltasFrom(wavelet, 0, needed - 1));
}
