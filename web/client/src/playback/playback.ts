/**
 * Playback of one wavelet: where one is in its history, what is shown of it, and how it goes on.
 *
 * What is fetched is always for the place that is wanted now, one place at a time; what lies beside it, and some states
 * all over a long history, are fetched while nothing else is to be done. Until a state is there, the nearest one at
 * hand is shown, so that dragging never waits.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ApiError } from "../app/api";
import type { HistorySource } from "../history/source";
import { nearestPoint, nextContribution, pointUpTo, previousContribution, type Timeline } from "../history/timeline";
import { played, type Speed } from "./pace";
import { type Moment, PastStates } from "./states";

/** What is shown: the moment that is wanted ("exact"), or one at hand while that is fetched. */
export interface Shown extends Moment {
  readonly exact: boolean;
}

export type PlaybackState = "paused" | "playing";

/** Calls back every now and then with the time since the last call, in ms. Returns what ends it. */
export type Ticker = (tick: (elapsed: number) => void) => () => void;

const RETRY = 5_000; // ms after a failed request

export class Playback {
  readonly timeline: Timeline;
  /** The version that is wanted; that of `shown` as soon as it is there. */
  readonly version: ReadonlySignal<number>;
  readonly shown: ReadonlySignal<Shown>;
  readonly state: ReadonlySignal<PlaybackState>;
  readonly speed: Signal<Speed> = signal<Speed>(5);
  /** Why what is wanted cannot be fetched now; null when it can. It is tried again. */
  readonly failure: ReadonlySignal<ApiError | null>;
  readonly atEnd: ReadonlySignal<boolean>;

  readonly #states: PastStates;
  readonly #ticker: Ticker;
  readonly #version: Signal<number>;
  readonly #shown: Signal<Shown>;
  readonly #state = signal<PlaybackState>("paused");
  readonly #failure = signal<ApiError | null>(null);
  #stopTicking: (() => void) | null = null;
  #owed = 0; // ms of people's time that have passed in playback and are not shown yet
  #loading = false; // what is wanted
  #loadingAround = false; // what may be wanted
  #disposed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** Begins at the newest version. */
  constructor(source: HistorySource, timeline: Timeline, ticker: Ticker) {
    this.timeline = timeline;
    this.#states = new PastStates(source, timeline);
    this.#ticker = ticker;
    this.#version = signal(timeline.version);
    this.#shown = signal(this.#lookUp(timeline.version));
    this.version = this.#version;
    this.shown = this.#shown;
    this.state = this.#state;
    this.failure = this.#failure;
    this.atEnd = computed(() => this.#version.value === timeline.version);
    void this.#load();
  }

  /** Go to the change nearest to a version, as a slider does. */
  seek(version: number): void {
    this.#go(nearestPoint(this.timeline.points, Math.min(Math.max(0, version), this.timeline.version)));
  }

  /** Go to a version that a delta led to. */
  goTo(version: number): void {
    this.#go(version);
  }

  /** One change on, or back. */
  step(direction: 1 | -1): void {
    const version = this.#version.peek();
    this.#go(direction === 1 ? this.#states.after(version) : this.#states.before(version));
  }

  /** To where the next person, or the same after a pause, goes on; or to where they began. */
  jump(direction: 1 | -1): void {
    const { points } = this.timeline;
    const version = this.#version.peek();
    this.#go(direction === 1 ? nextContribution(points, version) : previousContribution(points, version));
  }

  /** Play from here; from the beginning when this is the end. */
  play(): void {
    if (this.#state.peek() === "playing" || this.#disposed) return;
    if (this.atEnd.peek()) this.#go(0);
    this.#owed = 0;
    this.#state.value = "playing";
    this.#stopTicking = this.#ticker((elapsed) => this.#tick(elapsed));
  }

  pause(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
    this.#state.value = "paused";
  }

  /** Ask nothing more of the source. */
  dispose(): void {
    this.#disposed = true;
    this.pause();
    clearTimeout(this.#retry);
  }

  #tick(elapsed: number): void {
    const { state, exact } = this.#shown.peek();
    if (!exact) return; // what is to be shown next is on its way
    this.#owed += elapsed * this.speed.peek();
    const from = { version: this.#version.peek(), timestamp: state.timestamp };
    const { version, left } = played((after) => this.#next(after), from, this.#owed);
    this.#owed = left;
    if (version !== from.version) this.#go(version);
    if (this.atEnd.peek()) this.pause();
  }

  #next(version: number): { version: number; timestamp: number; author: string } | null {
    const next = this.#states.after(version);
    if (next === version) return null;
    const { points } = this.timeline;
    const point = points[pointUpTo(points, next)] ?? points[0];
    return point === undefined ? null : { ...point, version: next };
  }

  #go(version: number): void {
    if (this.#disposed || version === this.#version.peek()) return;
    this.#version.value = version;
    this.#shown.value = this.#lookUp(version);
    void this.#load();
  }

  #lookUp(version: number): Shown {
    const found = this.#states.at(version);
    if (found !== null) return { ...found, exact: true };
    return { state: this.#states.nearest(version), delta: null, written: new Map(), exact: false };
  }

  /** Fetch what is wanted until it is there; then, in the background, what may be wanted next. */
  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      while (!this.#disposed && !this.#shown.peek().exact) await this.#loadWanted();
      this.#failure.value = null;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#loading = false;
    }
    void this.#loadAround();
  }

  async #loadWanted(): Promise<void> {
    const wanted = this.#version.peek();
    await this.#states.load(wanted);
    if (this.#states.at(wanted) === null)
      throw new ApiError(0, "invalid-response", `the history has no change that led to version ${wanted}`);
    this.#shown.value = this.#lookUp(this.#version.peek());
  }

  /** One request at a time, and none is begun while something that is wanted is missing. */
  async #loadAround(): Promise<void> {
    if (this.#loadingAround) return;
    this.#loadingAround = true;
    try {
      while (!this.#disposed && this.#shown.peek().exact && (await this.#loadNear()));
    } catch (error) {
      // What is wanted is there; if this is missed, it is asked for, and its failure told, when it is wanted.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#loadingAround = false;
    }
  }

  /** Whether something was fetched. */
  async #loadNear(): Promise<boolean> {
    const near = this.#states.worthLoading(this.#version.peek());
    if (near === null) return await this.#states.loadSpread();
    await this.#states.load(near);
    return true;
  }

  #failed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    this.#failure.value = error;
    if (!this.#disposed) this.#retry = setTimeout(() => void this.#load(), RETRY);
  }
}
