/** One person's waves in one tab: the connection, the open waves and the offline store, wired together. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { randomToken } from "../conversation/ids";
import { domainOf, parseWaveletPath } from "../conversation/names";
import { InvalidName, InvalidOperation, versionZeroHash } from "../ot";
import { browserPageEvents, type Channel, type PageEvents, sessionOwner, socketUrl } from "./browser";
import { Connection, type Socket, type WhoAmI } from "./connection";
import { Dialogue } from "./dialogue";
import { HostWaits } from "./hostWaits";
import { inheritWork } from "./inheritance";
import { Keeper, storedState } from "./keeper";
import { KeptDrafts } from "./keptDrafts";
import { OfflineStore } from "./offlineStore";
import { OpenWave } from "./openWave";
import { Replica, type ReplicaHost, type WaveletState } from "./replica";
import { saveStateOf } from "./saveState";
import { advanced, chain, type StoredWork } from "./storedCopies";
import { lockedTabs, type Tabs, timedTabs } from "./tabs";
import { systemTimers, type Timer, type Timers } from "./timers";
import type {
  ConnectionState,
  DigestChange,
  Draft,
  Operations,
  SaveState,
  StorageState,
  SyncClient,
  WaveletReplica,
  WaveView,
} from "./types";

const EVERYTHING: DigestChange = { wave: "*", digest: null };
const INHERIT_EVERY = 30_000; // how often to look for work of tabs that are gone, in ms

/** Whose waves, where; the rest has defaults that are the browser's. */
export interface SyncOptions {
  /** Where the server's pages are: `https://wave.example.com`. */
  readonly url: string;
  /** The address of the person who is signed in. */
  readonly address: string;
  readonly newSocket?: (url: string, subprotocol: string) => Socket;
  readonly whoAmI?: WhoAmI;
  readonly pageEvents?: PageEvents;
  /** Resolves to null when this browser keeps nothing. */
  readonly openStore?: (address: string) => Promise<OfflineStore | null>;
  readonly tabs?: Tabs;
  readonly newChannel?: (name: string) => Channel;
  readonly timers?: Timers;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly newToken?: () => string;
  /** Told of what listeners throw. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Synchronise one person's waves, from now on. Never rejects for want of a server or a store: `connection` and
 * `storage` tell about them.
 */
export async function createSyncClient(options: SyncOptions): Promise<SyncClient> {
  const timers = options.timers ?? systemTimers;
  const newToken = options.newToken ?? randomToken;
  const tabs = options.tabs ?? systemTabs(timers);
  const tab = newToken();
  const release = await tabs.hold(tab);
  const store = await (options.openStore ?? openedStore)(options.address);
  const client = new Client(options, { timers, newToken, tabs, tab, release, store });
  await client.start();
  return client;
}

interface Parts {
  readonly timers: Timers;
  readonly newToken: () => string;
  readonly tabs: Tabs;
  readonly tab: string;
  readonly release: () => void;
  readonly store: OfflineStore | null;
}

/** An open wave, who follows it, and when what is kept of it has been read. */
interface Followed {
  readonly open: OpenWave;
  readonly read: Promise<void>;
  followers: number;
}

class Client implements SyncClient, ReplicaHost {
  readonly address: string;
  readonly author: string;
  readonly #parts: Parts;
  readonly #failed: (error: unknown) => void;
  readonly #connection: Connection;
  readonly #dialogue: Dialogue;
  readonly #keeper: Keeper;
  readonly #waves = new Map<string, Followed>();
  readonly #changes = signal(0);
  readonly #drafts: KeptDrafts;
  readonly #waits: HostWaits;
  readonly #watchers = new Set<(change: DigestChange) => void>();
  readonly #saveState: ReadonlySignal<SaveState>;
  readonly #stopListening: () => void;
  #stopWatching: () => void = () => undefined;
  #watched = false; // whether digests have been heard of: later listeners have missed that
  #keys = 0;
  #inheriting: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: SyncOptions, parts: Parts) {
    this.address = this.author = options.address;
    this.#parts = parts;
    this.#failed = options.failed ?? rethrownLater;
    const random = options.random ?? Math.random;
    const { timers } = parts;
    this.#keeper = new Keeper(parts.store, parts.tab, timers, (replica) => this.#dialogue.flush(replica));
    this.#dialogue = new Dialogue({
      timers,
      domain: domainOf(this.address),
      random,
      send: (message) => this.#connection.send(message),
      restart: () => this.#connection.restart(),
      ready: (replica) => this.#keeper.ready(replica),
      newReplica: (name, state) => this.#newReplica(name, state),
      ended: (replica) => this.#ended(replica),
      digest: (change) => this.#tellWatchers(change),
    });
    const connectionOptions = {
      url: socketUrl(options.url),
      address: options.address,
      newSocket: options.newSocket ?? ((url: string, subprotocol: string) => new WebSocket(url, subprotocol)),
      whoAmI: options.whoAmI ?? sessionOwner(options.url),
      timers,
      random,
    };
    this.#connection = new Connection(connectionOptions, this.#dialogue);
    this.#waits = new HostWaits(domainOf(this.address), timers);
    this.#saveState = computed(() =>
      saveStateOf(this.#connection.state.value, this.#changes.value, this.#waits.hosts.value),
    );
    const newChannel = options.newChannel ?? ((name: string) => new BroadcastChannel(name));
    const channel = newChannel(`groundswell-drafts:${options.address}`);
    this.#drafts = new KeptDrafts(parts.store, this.#keeper, channel, this.#failed);
    this.#stopListening = (options.pageEvents ?? browserPageEvents)((event) => {
      if (event === "leaving") void this.#keeper.flush();
      else this.#connection.notice(event);
    });
  }

  /** Read the drafts, take over what tabs that are gone left, and connect. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    if (store !== null) {
      await this.#drafts.read().catch(this.#failed);
      await this.#inheritNow();
      store.prune().catch(this.#failed);
    }
    this.#stopWatching = effect(() => {
      if (this.#connection.state.value !== "online") return;
      this.#waits.restart();
      this.#inheritSoon();
    });
    this.#connection.retry();
  }

  // ---- what people see ----

  get saveState(): ReadonlySignal<SaveState> {
    return this.#saveState;
  }

  get connection(): ReadonlySignal<ConnectionState> {
    return this.#connection.state;
  }

  get storage(): ReadonlySignal<StorageState> {
    return this.#keeper.storage;
  }

  get drafts(): ReadonlySignal<readonly Draft[]> {
    return this.#drafts.shown;
  }

  discardDraft(id: string): Promise<void> {
    return this.#drafts.discard(id);
  }

  watch(listener: (change: DigestChange) => void): () => void {
    this.#watchers.add(listener);
    if (this.#watched) queueMicrotask(() => this.#watchers.has(listener) && listener(EVERYTHING));
    this.#dialogue.watch();
    return () => this.#watchers.delete(listener);
  }

  retry(): void {
    this.#connection.retry();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) this.#parts.timers.clear(this.#timer);
    this.#stopListening();
    this.#stopWatching();
    this.#connection.close();
    this.#drafts.close();
    this.#waits.close();
    await this.#inheriting;
    await this.#keeper.flush();
    for (const { open } of this.#waves.values()) open.close();
    this.#parts.store?.close();
    this.#parts.release();
  }

  // ---- waves ----

  open(wave: string): WaveView {
    const followed = this.#follow(wave);
    followed.followers += 1;
    let closed = false;
    const { open } = followed;
    return {
      wave,
      state: open.state,
      wavelets: open.wavelets,
      cursors: open.cursors,
      placeCursor: (wavelet, doc, anchor, head) =>
        open.board.place({ wavelet, author: this.address, doc, anchor, head }),
      createWavelet: (name, operations) => this.#createWavelet(open, name, operations),
      close: () => {
        if (closed) return;
        closed = true;
        followed.followers -= 1;
        if (followed.followers === 0) open.board.leave();
        this.#closeIfDone(followed);
      },
    };
  }

  createWave(operations: (waveletName: string) => Operations): WaveView {
    const wave = `${domainOf(this.address)}/w+${this.#parts.newToken()}`;
    const name = `${wave}/~/conv+root`;
    const view = this.open(wave);
    try {
      view.createWavelet(name, operations(name));
    } catch (error) {
      view.close();
      throw error;
    }
    return view;
  }

  #follow(wave: string): Followed {
    const before = this.#waves.get(wave);
    if (before !== undefined) return before;
    const { timers } = this.#parts;
    const open = new OpenWave(wave, this.address, timers, (of, cursor) => this.#dialogue.sendCursor(of, cursor));
    const followed: Followed = { open, followers: 0, read: this.#read(open) };
    this.#waves.set(wave, followed);
    return followed;
  }

  /** Show what is kept of a wave, then ask the server for what is new. */
  async #read(open: OpenWave): Promise<void> {
    const { store, timers } = this.#parts;
    const found = await (store === null ? [] : store.wave(open.wave).catch(this.#unreadable));
    for (const { state, deltas } of found) {
      if (open.replica(state.wavelet) !== undefined) continue;
      const latest = advanced(state, chain(deltas, state.version.version) ?? []);
      // What does not fit together is no use: the server has it all. What is not born yet is for its tab to deliver.
      if (latest === null || latest.version.version === 0) continue;
      open.add(new Replica(state.wavelet, latest, this));
      this.#keeper.keep(storedState(state.wavelet, latest, timers.now()), false);
    }
    if (!this.#closed && this.#waves.get(open.wave)?.open === open) this.#dialogue.add(open);
  }

  /** The store failed: the server is asked for everything. */
  readonly #unreadable = (error: unknown): [] => {
    this.#failed(error);
    return [];
  };

  #createWavelet(open: OpenWave, name: string, operations: Operations): WaveletReplica {
    if (parseWaveletPath(name)?.wave !== open.wave || open.replica(name) !== undefined) {
      throw new InvalidName(`${name} cannot be made here: it is of another wave, or there already`);
    }
    if (!operations.some((operation) => "add" in operation && operation.add === this.address)) {
      throw new InvalidOperation(`the first operations of ${name} must add ${this.address}`);
    }
    const state = unborn(name);
    const replica = new Replica(name, state, this);
    replica.apply(operations);
    this.#keeper.keep(storedState(name, state, this.#parts.timers.now()), false);
    open.add(replica);
    this.#recount();
    this.#dialogue.flush(replica);
    return replica;
  }

  #newReplica(name: string, state: WaveletState): Replica {
    this.#keeper.keep(storedState(name, state, this.#parts.timers.now()), false);
    return new Replica(name, state, this);
  }

  #ended(replica: Replica): void {
    this.#keeper.forget(replica);
    this.#recount();
  }

  #closeIfDone(followed: Followed): void {
    const { open } = followed;
    const done = open.replicas.every((replica) => replica.inFlight === null);
    if (followed.followers > 0 || !done || this.#waves.get(open.wave) !== followed) return;
    this.#waves.delete(open.wave);
    this.#dialogue.remove(open);
    open.close();
  }

  // ---- ReplicaHost ----

  readonly newKey = (): string => {
    this.#keys += 1;
    return `${this.#parts.tab}-${this.#keys}`;
  };

  readonly now = (): number => this.#parts.timers.now();

  changed(replica: Replica): void {
    this.#keeper.changed(replica);
    this.#waits.changed(replica);
    this.#recount();
    this.#dialogue.flush(replica);
    if (replica.inFlight !== null) return;
    const followed = [...this.#waves.values()].find(({ open }) => open.replica(replica.name) === replica);
    if (followed !== undefined && followed.followers === 0) this.#closeIfDone(followed);
  }

  advanced(replica: Replica, delta: Parameters<ReplicaHost["advanced"]>[1]): void {
    this.#keeper.advanced(replica, delta);
  }

  replaced(replica: Replica, state: WaveletState): void {
    this.#keeper.keep(storedState(replica.name, state, this.now()), true);
  }

  drafted(drafts: readonly Draft[]): void {
    this.#drafts.add(drafts);
  }

  failed(error: unknown): void {
    this.#failed(error);
  }

  #recount(): void {
    let changes = 0;
    for (const { open } of this.#waves.values()) for (const replica of open.replicas) changes += replica.unsaved.value;
    this.#changes.value = changes;
  }

  #tellWatchers(change: DigestChange): void {
    this.#watched = true;
    for (const watcher of [...this.#watchers]) {
      try {
        watcher(change);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  // ---- work of tabs that are gone ----

  /** Look for it now, and again from time to time. */
  #inheritNow(): Promise<void> {
    const { store, timers, tabs, tab } = this.#parts;
    this.#timer = null;
    if (store === null) return Promise.resolve();
    const heir = {
      tab,
      author: this.address,
      replicaOf: (work: StoredWork) => this.#replicaOf(work),
      written: () => this.#keeper.flush(),
      inherited: (id: string) => this.#keeper.done(id),
      given: (drafts: readonly Draft[]) => this.drafted(drafts),
      newId: this.newKey,
      now: this.now,
    };
    this.#inheriting = inheritWork(store, tabs, heir)
      .catch(this.#failed)
      .then(() => {
        for (const followed of this.#waves.values()) this.#closeIfDone(followed);
        if (!this.#closed) this.#timer = timers.set(() => void this.#inheritNow(), INHERIT_EVERY);
      });
    return this.#inheriting;
  }

  /** Look for it at once, unless that is being done: with the server back, what was closed meanwhile shall arrive. */
  #inheritSoon(): void {
    if (this.#timer === null) return;
    this.#parts.timers.clear(this.#timer);
    void this.#inheritNow();
  }

  /** The replica that takes work over; its wave is open until that is delivered. */
  async #replicaOf(work: StoredWork): Promise<Replica | undefined> {
    const { open, read } = this.#follow(work.wave);
    await read;
    if (open.replica(work.wavelet) === undefined && work.base.version === 0) {
      open.add(new Replica(work.wavelet, unborn(work.wavelet), this));
    }
    return open.replica(work.wavelet);
  }
}

/** A wavelet before anything has happened. Throws InvalidName. */
function unborn(name: string): WaveletState {
  return { version: { version: 0, hash: versionZeroHash(name) }, participants: [], documents: {} };
}

async function openedStore(address: string): Promise<OfflineStore | null> {
  try {
    return await OfflineStore.open(address);
  } catch {
    return null; // private windows of some browsers; `storage` tells
  }
}

function systemTabs(timers: Timers): Tabs {
  return "locks" in navigator ? lockedTabs(navigator.locks) : timedTabs(timers.now);
}

/** Let an error reach the page's error handler, without disturbing who met it. */
function rethrownLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
