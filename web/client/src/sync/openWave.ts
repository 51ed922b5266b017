/** One open wave in one tab: its replicas, its cursors, and where it stands on the present connection. */

import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { CursorBoard, type OwnCursor } from "./cursorBoard";
import type { Replica } from "./replica";
import type { Timers } from "./timers";
import type { Operations, RemoteCursor, WaveletReplica, WaveState } from "./types";

/** Whether the server has been asked for the wave on the present connection, and has answered. */
export type Request = "none" | "asked" | "opened";

export class OpenWave {
  readonly board: CursorBoard;
  readonly #self: string;
  readonly #replicas = new Map<string, Replica>();
  readonly #shown = signal<readonly Replica[]>([]);
  readonly #state = signal<WaveState>("opening");
  readonly #unsubscribe = new Map<Replica, () => void>();
  request: Request = "none";

  /** `self` is the user's address; `sendCursor` tells the server where they are. */
  constructor(
    readonly wave: string,
    self: string,
    timers: Timers,
    sendCursor: (wave: OpenWave, cursor: OwnCursor) => void,
  ) {
    this.#self = self;
    this.board = new CursorBoard(timers, (cursor) => sendCursor(this, cursor));
  }

  get state(): ReadonlySignal<WaveState> {
    return this.#state;
  }

  get wavelets(): ReadonlySignal<readonly WaveletReplica[]> {
    return this.#shown;
  }

  get cursors(): ReadonlySignal<readonly RemoteCursor[]> {
    return this.board.others;
  }

  /** All replicas, also for what is not for everybody to see. */
  get replicas(): readonly Replica[] {
    return this.#shown.value;
  }

  replica(name: string): Replica | undefined {
    return this.#replicas.get(name);
  }

  /** A wavelet came into being, or to light. */
  add(replica: Replica): void {
    this.#replicas.set(replica.name, replica);
    const unsubscribe = replica.subscribe((event) => {
      if (event.kind === "operations") {
        const author = event.origin.kind === "remote" ? event.origin.author : this.#self;
        this.board.changed(replica.name, event.operations, author);
      } else if (event.kind === "replaced" || event.kind === "ended") {
        this.board.forget(replica.name);
      }
    });
    this.#unsubscribe.set(replica, unsubscribe);
    batch(() => {
      this.#shown.value = [...this.#replicas.values()];
      if (this.request === "opened") this.#state.value = "open";
      else if (this.#state.value === "opening" || this.#state.value === "missing") this.#state.value = "offline-copy";
    });
  }

  /** A wavelet is gone. */
  remove(replica: Replica): void {
    this.#replicas.delete(replica.name);
    this.#unsubscribe.get(replica)?.();
    this.#unsubscribe.delete(replica);
    batch(() => {
      this.#shown.value = [...this.#replicas.values()];
      if (this.#replicas.size === 0) this.#state.value = "missing";
    });
  }

  /** The server has said which wavelets there are to see; `none`: there is none, here or there. */
  opened(none: boolean): void {
    this.request = "opened";
    if (none) this.#state.value = "missing";
    else if (this.#replicas.size > 0) this.#state.value = "open"; // else the first snapshot makes it so
    this.board.repeat();
  }

  /** The server does not open it. */
  refused(): void {
    if (this.#replicas.size === 0) this.#state.value = "missing";
  }

  /** A sign of life of another reader, or of the same person elsewhere, who is not shown to themself. */
  heard(cursor: Omit<RemoteCursor, "seen">, pending: Operations): void {
    const { wavelet, author, doc, anchor, head } = cursor;
    if (author !== this.#self) this.board.heard({ wavelet, author, doc, anchor, head }, pending, this.#self);
  }

  /** Nobody follows it any more. */
  close(): void {
    this.board.close();
    for (const unsubscribe of this.#unsubscribe.values()) unsubscribe();
    this.#unsubscribe.clear();
  }
}
