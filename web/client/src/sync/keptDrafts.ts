/** Texts that could not be saved, as one person's tabs show them: kept until they are discarded, in any of the tabs. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Channel } from "./browser";
import type { Keeper } from "./keeper";
import type { OfflineStore } from "./offlineStore";
import type { Draft } from "./types";

export class KeptDrafts {
  readonly #drafts = signal<readonly Draft[]>([]);
  readonly #store: OfflineStore | null;
  readonly #keeper: Keeper;
  readonly #channel: Channel; // between the tabs of one person: their drafts have changed
  #closed = false;

  /** `failed` is told when the store fails after another tab has changed the drafts. */
  constructor(store: OfflineStore | null, keeper: Keeper, channel: Channel, failed: (error: unknown) => void) {
    this.#store = store;
    this.#keeper = keeper;
    this.#channel = channel;
    channel.onmessage = () => void this.read().catch(failed);
  }

  get shown(): ReadonlySignal<readonly Draft[]> {
    return this.#drafts;
  }

  /** Show the drafts that are kept, and so those of other tabs. Rejects when the store fails. */
  async read(): Promise<void> {
    await this.#keeper.flush(); // one's own are among them then
    if (this.#store === null || this.#closed || this.#keeper.storage.value !== "kept") return;
    this.#drafts.value = await this.#store.drafts();
  }

  /** Show these too, and keep them. */
  add(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return;
    this.#drafts.value = [...this.#drafts.value, ...drafts];
    this.#keeper.drafted(drafts);
    // Not in this turn: what else it brings is written together.
    queueMicrotask(() => void this.#keeper.flush().then(() => this.#tellTabs()));
  }

  /** Show and keep one no more. Rejects when the store fails. */
  async discard(id: string): Promise<void> {
    await this.#keeper.flush(); // it may be on its way there
    await this.#store?.discardDraft(id);
    this.#drafts.value = this.#drafts.value.filter((draft) => draft.id !== id);
    this.#tellTabs();
  }

  /** Hear nothing of other tabs any more, and tell them nothing. */
  close(): void {
    this.#closed = true;
    this.#channel.close();
  }

  #tellTabs(): void {
    if (!this.#closed) this.#channel.postMessage("drafts");
  }
}
