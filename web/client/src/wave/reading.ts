/**
 * What has been read: marks known from the user's data, marks made here, and those still to be sent.
 *
 * A mark counts here at once. It is sent a little later, together with others; what could not be sent waits
 * for the next attempt, and marks only ever grow, so that sending one twice does no harm. What the server will never
 * take, such as marks of a private reply that one has been removed from, does not hold up the others.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ApiError } from "../app/api";
import { mergeMarks, NOTHING_READ, type ReadMarks, readVersion } from "../conversation";

/** Read versions by wavelet path and blip, as `PATCH /waves/…/state` takes them. */
export type ReadMap = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How long marks wait for others to be sent with, in ms. */
export const SEND_AFTER = 1_500;

type Batch = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Codes of refusals that will be the same next time. */
const NEVER: ReadonlySet<string> = new Set(["invalid-request", "forbidden", "not-found", "too-large"]);

/** What reading needs from around it. */
export interface ReadingOptions {
  /** Store the marks on the server; rejects with ApiError when it could not. */
  readonly send: (read: ReadMap) => Promise<void>;
  readonly setTimer?: (run: () => void, ms: number) => unknown;
  readonly clearTimer?: (timer: unknown) => void;
}

/** The read marks of a wave's wavelets. */
export class Reading {
  readonly #options: ReadingOptions;
  readonly #here = new Map<string, Signal<ReadMarks>>();
  readonly #stored = new Map<string, Signal<ReadMarks>>();
  #unsent = new Map<string, Map<string, number>>();
  #timer: unknown = null;
  #sending: Promise<void> | null = null;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** The marks of a wavelet, stored and made here. */
  marks(wavelet: string): ReadonlySignal<ReadMarks> {
    const stored = this.#of(this.#stored, wavelet);
    const here = this.#of(this.#here, wavelet);
    return computed(() => mergeMarks(stored.value, here.value));
  }

  /** Take the marks that the user's data says are stored. */
  learn(wavelet: string, marks: ReadMarks): void {
    this.#of(this.#stored, wavelet).value = marks;
  }

  /** Mark a blip as read up to a version, unless it is already. */
  mark(wavelet: string, blip: string, version: number): void {
    const here = this.#of(this.#here, wavelet);
    const known = mergeMarks(this.#of(this.#stored, wavelet).peek(), here.peek());
    if (readVersion(known, blip) >= version) return;
    here.value = mergeMarks(here.peek(), { blips: new Map([[blip, version]]), all: 0 });
    const unsent = this.#unsent.get(wavelet) ?? new Map<string, number>();
    this.#unsent.set(wavelet, unsent.set(blip, version));
    this.#schedule();
  }

  /** Send what waits, now. Resolves when that has been tried; what failed waits on. */
  async flush(): Promise<void> {
    this.#cancel();
    if (this.#sending !== null) await this.#sending;
    if (this.#unsent.size === 0) return;
    const batch = this.#unsent;
    this.#unsent = new Map();
    this.#sending = this.#send(batch);
    try {
      await this.#sending;
    } finally {
      this.#sending = null;
    }
  }

  async #send(batch: Batch): Promise<void> {
    try {
      await this.#options.send(asJson(batch));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!NEVER.has(error.code)) this.#putBack(batch);
      else for (const part of parts(batch)) await this.#send(part);
    }
  }

  #putBack(batch: Batch): void {
    for (const [wavelet, blips] of batch) {
      const newer = this.#unsent.get(wavelet) ?? new Map<string, number>();
      for (const [blip, version] of blips) newer.set(blip, Math.max(version, newer.get(blip) ?? 0));
      this.#unsent.set(wavelet, newer);
    }
  }

  #schedule(): void {
    if (this.#timer !== null) return;
    const set = this.#options.setTimer ?? ((run, ms) => setTimeout(run, ms));
    this.#timer = set(() => {
      this.#timer = null;
      void this.flush();
    }, SEND_AFTER);
  }

  #cancel(): void {
    if (this.#timer === null) return;
    const clear = this.#options.clearTimer ?? ((timer) => clearTimeout(timer as ReturnType<typeof setTimeout>));
    clear(this.#timer);
    this.#timer = null;
  }

  #of(map: Map<string, Signal<ReadMarks>>, wavelet: string): Signal<ReadMarks> {
    const found = map.get(wavelet);
    if (found !== undefined) return found;
    const made = signal(NOTHING_READ);
    map.set(wavelet, made);
    return made;
  }
}

/** The wavelets of a batch apart, or the halves of its only wavelet; nothing of a single mark. */
function parts(batch: Batch): readonly Batch[] {
  if (batch.size > 1) return [...batch].map(([wavelet, blips]) => new Map([[wavelet, blips]]));
  return [...batch].flatMap(([wavelet, blips]) => {
    const marks = [...blips];
    const middle = Math.floor(marks.length / 2);
    const halves = middle === 0 ? [] : [marks.slice(0, middle), marks.slice(middle)];
    return halves.map((half) => new Map([[wavelet, new Map(half)]]));
  });
}

function asJson(batch: Batch): ReadMap {
  return Object.fromEntries([...batch].map(([wavelet, blips]) => [wavelet, Object.fromEntries(blips)]));
}
