/** Which hosts elsewhere keep a submission waiting: for longer than the way there and back takes while all is well. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { hostOf } from "../conversation/names";
import type { Timer, Timers } from "./timers";

/** How long a submission is under way until it counts as waiting, in ms. */
export const PATIENCE = 1_500;

/** A replica as far as this is concerned. */
interface Submitting {
  readonly name: string;
  readonly inFlight: { readonly key: string } | null;
}

interface Wait {
  readonly key: string;
  readonly timer: Timer;
  readonly late: boolean;
}

/** `own` is the domain of the server that this client speaks with: it answers for itself. */
export class HostWaits {
  readonly #own: string;
  readonly #timers: Timers;
  readonly #waits = new Map<string, Wait>();
  readonly #hosts = signal<readonly string[]>([]);

  constructor(own: string, timers: Timers) {
    this.#own = own;
    this.#timers = timers;
  }

  /** The domains of those hosts, in the order of the alphabet. */
  get hosts(): ReadonlySignal<readonly string[]> {
    return this.#hosts;
  }

  /** Something may have been submitted, or answered. */
  changed({ name, inFlight }: Submitting): void {
    const before = this.#waits.get(name);
    if (hostOf(name) === this.#own || before?.key === inFlight?.key) return;
    if (before !== undefined) this.#timers.clear(before.timer);
    this.#waits.delete(name);
    if (inFlight !== null) this.#begin(name, inFlight.key);
    if (before?.late === true) this.#recount();
  }

  /** The server has been away itself: until now, nothing could be submitted. */
  restart(): void {
    for (const [name, { key, timer }] of [...this.#waits]) {
      this.#timers.clear(timer);
      this.#begin(name, key);
    }
    this.#recount();
  }

  /** Stop all timers. */
  close(): void {
    for (const { timer } of this.#waits.values()) this.#timers.clear(timer);
    this.#waits.clear();
  }

  #begin(name: string, key: string): void {
    const timer = this.#timers.set(() => {
      this.#waits.set(name, { key, timer, late: true });
      this.#recount();
    }, PATIENCE);
    this.#waits.set(name, { key, timer, late: false });
  }

  #recount(): void {
    const late = [...this.#waits].filter(([, wait]) => wait.late).map(([name]) => hostOf(name));
    const hosts = [...new Set(late)].sort();
    if (hosts.join(" ") !== this.#hosts.peek().join(" ")) this.#hosts.value = hosts;
  }
}
