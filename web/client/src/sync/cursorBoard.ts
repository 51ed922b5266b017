/** Who has their selection where in one open wave: others' as they are heard, one's own as it is to be told. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { cursorAfter, cursorsAfter } from "./cursorPositions";
import type { Timer, Timers } from "./timers";
import type { Operations, RemoteCursor } from "./types";

/** How long a cursor is shown after the last sign of life of its owner, in ms. */
const CURSOR_LIFE = 30_000;
/** How often one's own place is told again while it stays, in ms. */
const SIGN_OF_LIFE = 15_000;
/** The shortest time between two messages about one's own place, in ms. */
const CURSOR_PACE = 100;

/** One's own selection, in items. */
export interface OwnCursor {
  readonly wavelet: string;
  readonly author: string;
  readonly doc: string;
  readonly anchor: number;
  readonly head: number;
}

/** The cursors of a wave. `send` tells the server one's own; what cannot be sent is dropped there. */
export class CursorBoard {
  readonly #timers: Timers;
  readonly #send: (cursor: OwnCursor) => void;
  readonly #others = signal<readonly RemoteCursor[]>([]);
  #expiry: Timer | null = null;
  #own: OwnCursor | null = null;
  #next: Timer | null = null;
  #lastSent = Number.NEGATIVE_INFINITY;

  constructor(timers: Timers, send: (cursor: OwnCursor) => void) {
    this.#timers = timers;
    this.#send = send;
  }

  /** Others' cursors, one for each person and wavelet. */
  get others(): ReadonlySignal<readonly RemoteCursor[]> {
    return this.#others;
  }

  /** A sign of life of somebody else. `pending` is what they have not seen of what is shown here. */
  heard(cursor: Omit<RemoteCursor, "seen">, pending: Operations, self: string): void {
    const placed = cursorAfter({ ...cursor, seen: this.#timers.now() }, pending, self);
    this.#others.value = [...this.#others.value.filter((other) => !sameOwner(other, placed)), placed];
    this.#scheduleExpiry();
  }

  /** Documents have changed here. */
  changed(wavelet: string, operations: Operations, author: string): void {
    const moved = cursorsAfter(this.#others.value, wavelet, operations, author);
    if (moved.some((cursor, index) => cursor !== this.#others.value[index])) this.#others.value = moved;
    if (this.#own?.wavelet === wavelet) this.#own = cursorAfter(this.#own, operations, author);
  }

  /** Nothing more is known about a wavelet's cursors. */
  forget(wavelet: string): void {
    this.#others.value = this.#others.value.filter((cursor) => cursor.wavelet !== wavelet);
    if (this.#own?.wavelet === wavelet) this.#own = null;
  }

  /** One's own selection is here now. */
  place(cursor: OwnCursor): void {
    this.#own = cursor;
    this.#schedule(Math.max(0, this.#lastSent + CURSOR_PACE - this.#timers.now()));
  }

  /** There is a new connection: tell one's place again. */
  repeat(): void {
    if (this.#own !== null) this.#schedule(0);
  }

  /** One is not here any more. */
  leave(): void {
    this.#own = null;
    if (this.#next !== null) this.#timers.clear(this.#next);
    this.#next = null;
  }

  /** Stop all timers. */
  close(): void {
    this.leave();
    if (this.#expiry !== null) this.#timers.clear(this.#expiry);
    this.#expiry = null;
  }

  #schedule(wait: number): void {
    if (this.#next !== null) this.#timers.clear(this.#next);
    if (wait > 0) this.#next = this.#timers.set(() => this.#tell(), wait);
    else this.#tell();
  }

  #tell(): void {
    this.#next = null;
    if (this.#own === null) return;
    this.#lastSent = this.#timers.now();
    this.#send(this.#own);
    this.#next = this.#timers.set(() => this.#tell(), SIGN_OF_LIFE);
  }

  #scheduleExpiry(): void {
    if (this.#expiry !== null || this.#others.value.length === 0) return;
    const oldest = Math.min(...this.#others.value.map((cursor) => cursor.seen));
    const wait = Math.max(0, oldest + CURSOR_LIFE - this.#timers.now());
    this.#expiry = this.#timers.set(() => {
      this.#expiry = null;
      const dead = this.#timers.now() - CURSOR_LIFE;
      this.#others.value = this.#others.value.filter((cursor) => cursor.seen > dead);
      this.#scheduleExpiry();
    }, wait);
  }
}

function sameOwner(one: RemoteCursor, other: RemoteCursor): boolean {
  return one.author === other.author && one.wavelet === other.wavelet;
}
