/** The past states of one wavelet that are at hand, and how others are come by. No signals, no clock. */

import type { ItemRange } from "../history/changes";
import { BEGINNING, type HistoryDelta, type HistorySource, type HistoryState } from "../history/source";
import { pointUpTo, type Timeline } from "../history/timeline";
import { type Frame, frameAt, framesOf, spread } from "./frames";
import { replayed, writtenBy } from "./replay";

/** A state, and the change that led to it; null at the beginning, and where the change is not known. */
export interface Moment {
  readonly state: HistoryState;
  readonly delta: HistoryDelta | null;
  /** What that change inserted, by document. */
  readonly written: ReadonlyMap<string, readonly ItemRange[]>;
}

const STATES = 96; // kept, besides those that are spread over the history
const FRAMES = 120; // whose deltas are kept
const SPREAD = 24; // states over the whole history

/** Keeps what it was asked for last. Documents of states share what they have in common, so that many are small. */
export class PastStates {
  readonly #source: HistorySource;
  readonly #frames: readonly Frame[];
  readonly #timeline: Timeline;
  readonly #recent = new Map<number, HistoryState>(); // by version, least recently used first
  readonly #spread = new Map<number, HistoryState>([[0, BEGINNING]]);
  readonly #deltas = new Map<number, readonly HistoryDelta[]>(); // by frame, least recently used first

  constructor(source: HistorySource, timeline: Timeline) {
    this.#source = source;
    this.#timeline = timeline;
    this.#frames = framesOf(timeline.points);
  }

  /** The state at a version that a delta led to, if it can be had at once, by replaying one frame at most. */
  at(version: number): Moment | null {
    const index = frameAt(this.#frames, version);
    const frame = this.#frames[index];
    if (frame === undefined || version === 0) return { state: BEGINNING, delta: null, written: new Map() };
    const deltas = used(this.#deltas, index);
    const base = deltas === undefined ? null : this.#base(frame, version);
    if (deltas === undefined || base === null) return null;
    const following = deltas.filter((delta) => delta.version > base.version && delta.version <= version);
    const last = following.at(-1);
    const before = replayed(base, following.slice(0, -1));
    const state = last === undefined ? before : replayed(before, [last]);
    keep(this.#recent, before.version, before, STATES);
    keep(this.#recent, state.version, state, STATES);
    return { state, delta: last ?? null, written: last === undefined ? new Map() : writtenBy(before, last) };
  }

  /** The state at hand that is nearest to a version. */
  nearest(version: number): HistoryState {
    let best = BEGINNING;
    for (const state of [...this.#spread.values(), ...this.#recent.values()])
      if (Math.abs(state.version - version) < Math.abs(best.version - version)) best = state;
    return best;
  }

  /** Fetch what `at(version)` needs, and nothing that is there. Rejects with ApiError. */
  async load(version: number): Promise<void> {
    const index = frameAt(this.#frames, version);
    const frame = this.#frames[index];
    if (frame === undefined) return;
    const [state, deltas] = await Promise.all([
      this.#base(frame, frame.from) ?? this.#begun(index) ?? this.#source.state(frame.from),
      this.#deltas.get(index) ?? this.#source.deltas(frame.from, frame.to),
    ]);
    keep(this.#recent, state.version, state, STATES);
    keep(this.#deltas, index, deltas, FRAMES);
  }

  /** A version near by or far away that is worth fetching while nothing else is to be done; null when all is there. */
  worthLoading(version: number): number | null {
    const index = frameAt(this.#frames, version);
    for (const near of [index + 1, index - 1, index + 2]) {
      const frame = this.#frames[near];
      if (frame !== undefined && !this.#deltas.has(near)) return frame.to;
    }
    return null;
  }

  /** Fetch one of the states that are spread over a long history; false when all are there. Rejects with ApiError. */
  async loadSpread(): Promise<boolean> {
    const missing = spread(this.#frames, SPREAD).find((version) => !this.#spread.has(version));
    if (missing === undefined) return false;
    this.#spread.set(missing, this.#recent.get(missing) ?? (await this.#source.state(missing)));
    return true;
  }

  /** The version that the change after `version` led to, as finely as is known here; itself at the end. */
  after(version: number): number {
    const next = this.#timeline.points[pointUpTo(this.#timeline.points, version) + 1]?.version ?? version;
    const index = frameAt(this.#frames, version + 1);
    const delta = this.#deltas.get(index)?.find((each) => each.version > version);
    return delta === undefined ? next : Math.min(next, delta.version);
  }

  /** The version that the change before the one to `version` led to, as finely as is known here; 0 at the beginning. */
  before(version: number): number {
    const previous = this.#timeline.points[pointUpTo(this.#timeline.points, version - 1)]?.version ?? 0;
    const delta = this.#deltas.get(frameAt(this.#frames, version))?.findLast((each) => each.version <= version);
    return delta === undefined ? previous : Math.max(previous, delta.at);
  }

  /** The newest state at hand in a frame before the change to `version`, or the one at it. */
  #base(frame: Frame, version: number): HistoryState | null {
    let best: HistoryState | null = null;
    for (const states of [this.#spread, this.#recent])
      for (const state of states.values())
        if (state.version >= frame.from && state.version <= version && state.version >= (best?.version ?? 0))
          best = state;
    // the state at the version itself would do, but not tell which change led there
    if (best !== null && best.version === version && version > frame.from)
      return this.#base(frame, version - 1) ?? best;
    return best;
  }

  /** The state at which a frame begins, if the frame before is there whole. */
  #begun(index: number): HistoryState | null {
    const frame = this.#frames[index - 1];
    return frame !== undefined && this.#deltas.has(index - 1) ? (this.at(frame.to)?.state ?? null) : null;
  }
}

function used<Value>(map: Map<number, Value>, key: number): Value | undefined {
  const value = map.get(key);
  if (value !== undefined) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
}

function keep<Value>(map: Map<number, Value>, key: number, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
