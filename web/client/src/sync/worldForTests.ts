/** One person's tabs in a browser for tests: time stands still until it is moved, and storage is in memory. */

import type { Channel, PageEvent } from "./browser";
import { createSyncClient } from "./client";
import { OfflineStore } from "./offlineStore";
import type { ServerForTests } from "./serverForTests";
import type { Tabs } from "./tabs";
import type { Timers } from "./timers";
import type { SyncClient, WaveletReplica, WaveView } from "./types";

/** Timers that run only when time is moved. */
export class TimersForTests implements Timers {
  #now = 1_764_000_000_000;
  #next = 1;
  readonly #set = new Map<number, { readonly due: number; readonly action: () => void }>();

  now(): number {
    return this.#now;
  }

  set(action: () => void, wait: number): number {
    this.#next += 1;
    this.#set.set(this.#next, { due: this.#now + wait, action });
    return this.#next;
  }

  clear(timer: object | number): void {
    this.#set.delete(timer as number);
  }

  /** Let time pass, and what was to happen meanwhile happen in its order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await idle();
      const [id, next] = [...this.#set].sort(([, one], [, other]) => one.due - other.due)[0] ?? [];
      if (id === undefined || next === undefined || next.due > end) break;
      this.#set.delete(id);
      this.#now = Math.max(this.#now, next.due);
      next.action();
    }
    this.#now = end;
    await idle();
  }

  /** Suspend the page: time passes and nothing runs. */
  suspend(ms: number): void {
    this.#now += ms;
  }
}

/** Let everything happen that waits for no timer: promises, and requests to the store. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((done) => setImmediate(done));
}

/** A tab with a client in it. */
export interface TabForTests {
  readonly client: SyncClient;
  readonly page: (event: PageEvent) => void;
  readonly timers: TimersForTests;
  /** The tab dies: nothing of it runs any more. */
  kill(): void;
}

/** A browser: its tabs share a store and locks. */
export class BrowserForTests {
  readonly #alive = new Set<string>();
  readonly #channels = new Map<Channel, string>();
  #tabs = 0;

  constructor(readonly server: ServerForTests) {}

  async tab(address: string, openStore?: (address: string) => Promise<OfflineStore | null>): Promise<TabForTests> {
    this.#tabs += 1;
    const prefix = `t${this.#tabs}`;
    const timers = new TimersForTests();
    const life = { alive: true };
    let page: (event: PageEvent) => void = () => undefined;
    const sockets = new Set<ReturnType<ServerForTests["newSocket"]>>();
    let tokens = 0;
    let held = "";
    let store: OfflineStore | null = null;
    const tabs: Tabs = {
      hold: async (tab) => {
        this.#alive.add(tab);
        held = tab;
        return () => this.#alive.delete(tab);
      },
      ifGone: async (tab, _seen, action) => (this.#alive.has(tab) ? null : await action()),
    };
    const client = await createSyncClient({
      url: "http://localhost",
      address,
      newSocket: () => {
        const socket = this.server.newSocket();
        sockets.add(socket);
        return socket;
      },
      whoAmI: this.server.whoAmI,
      pageEvents: (listener) => {
        page = listener;
        return () => undefined;
      },
      openStore: async (of) => {
        store = openStore === undefined ? await OfflineStore.open(of) : await openStore(of);
        return store;
      },
      tabs,
      newChannel: (name) => this.#newChannel(name),
      timers,
      random: () => 0.5,
      newToken: () => {
        tokens += 1;
        return `${prefix}x${tokens}`;
      },
      failed: (error) => {
        if (life.alive) throw error;
      },
    });
    const kill = () => {
      life.alive = false;
      this.#alive.delete(held);
      for (const socket of sockets) {
        socket.onmessage = socket.onclose = socket.onopen = null;
        socket.close();
      }
      store?.close();
    };
    return { client, page: (event) => page(event), timers, kill };
  }

  #newChannel(name: string): Channel {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        const others = [...this.#channels].filter(([other, its]) => other !== channel && its === name);
        for (const [other] of others) queueMicrotask(() => other.onmessage?.(new MessageEvent("message", { data })));
      },
      close: () => void this.#channels.delete(channel),
    };
    this.#channels.set(channel, name);
    return channel;
  }
}

/** The first wavelet of a view; throws when there is none. */
export function firstOf(view: WaveView): WaveletReplica {
  const [replica] = view.wavelets.value;
  if (replica === undefined) throw new Error(`${view.wave} shows no wavelet`);
  return replica;
}

/** Type `text` at item `place` of a document. */
export function type(replica: WaveletReplica, doc: string, place: number, text: string): void {
  const size = replica.document(doc)?.size ?? 0;
  const before = place > 0 ? [{ retain: place }] : [];
  const after = size > place ? [{ retain: size - place }] : [];
  replica.apply([{ doc, op: [...before, { chars: text }, ...after] }]);
}

/** What a document reads. */
export function textOf(replica: WaveletReplica, doc: string): string {
  return replica.document(doc)?.text() ?? "";
}
