/** The socket under a dialogue, made again as long as it is wanted: what `link.ts` decides is done here. */

import { type ReadonlySignal, signal } from "@preact/signals";
import { connectionState, type Link, type LinkAction, type LinkEvent, linkStep, nextTick, UNCONNECTED } from "./link";
import { type ClientMessage, SUBPROTOCOL } from "./messages";
import type { Timer, Timers } from "./timers";
import type { ConnectionState } from "./types";

const UNAUTHENTICATED = 4401; // the close code of a session that has ended
const OPEN = 1; // WebSocket.OPEN
const LATE = 10_000; // a timer that is so much late, in ms, tells that the page was suspended

/** What a connection needs of a WebSocket; the browser's is one. */
export interface Socket {
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  readonly readyState: number;
  send(data: string): void;
  close(): void;
}

/** Whose session the browser has: an address, or null when there is none. Rejects when the server cannot be asked. */
export type WhoAmI = () => Promise<string | null>;

export interface ConnectionOptions {
  /** The socket's URL, `wss://…/socket`. */
  readonly url: string;
  readonly address: string;
  readonly newSocket: (url: string, subprotocol: string) => Socket;
  readonly whoAmI: WhoAmI;
  readonly timers: Timers;
  readonly random: () => number;
}

/** Who speaks over the connection. */
export interface Speaker {
  connected(): void;
  disconnected(): void;
  receive(text: string): void;
  /** Ask for any answer. */
  probe(): void;
  /** Whether an answer stays away while other things are heard. */
  readonly overdue: boolean;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #speaker: Speaker;
  readonly #state = signal<ConnectionState>("connecting");
  #link: Link = UNCONNECTED;
  #socket: Socket | null = null;
  #attempt = 0; // what comes of earlier ones is not news
  #timer: Timer | null = null;

  constructor(options: ConnectionOptions, speaker: Speaker) {
    this.#options = options;
    this.#speaker = speaker;
  }

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  /** Connect now, and from now on. */
  retry(): void {
    this.#event("retry");
  }

  /** What was received does not fit: connect anew. */
  restart(): void {
    this.#event("out-of-step");
  }

  /** The page or the network is back, or the network is gone. */
  notice(event: "woke" | "offline"): void {
    this.#event(event);
  }

  /** Send a message. Nothing happens without a connection: what matters is sent again on the next one. */
  send(message: ClientMessage): void {
    if (this.#link.kind !== "open" || this.#socket === null) return;
    this.#socket.send(JSON.stringify(message));
    if ("id" in message && message.type !== "ping") this.#event("asked");
  }

  /** End it for good. */
  close(): void {
    this.#event("close");
  }

  #event(event: LinkEvent): void {
    const { timers, random } = this.#options;
    const before = this.#link;
    const { link, actions } = linkStep(before, event, timers.now(), random());
    this.#link = link;
    if (before.kind === "open" && link.kind !== "open") this.#speaker.disconnected();
    for (const action of actions) this.#act(action);
    this.#state.value = connectionState(link);
    this.#schedule();
    if (before.kind !== "open" && link.kind === "open") this.#speaker.connected();
  }

  #act(action: LinkAction): void {
    switch (action) {
      case "connect":
        this.#connect();
        break;
      case "drop":
        this.#drop();
        break;
      case "probe":
        this.#speaker.probe();
        break;
    }
  }

  #drop(): void {
    this.#attempt += 1;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** Open a socket and ask whose session it goes by, at once: another account may have signed in in this browser. */
  #connect(): void {
    this.#drop();
    const { newSocket, url, address, whoAmI } = this.#options;
    const attempt = this.#attempt;
    const socket = newSocket(url, SUBPROTOCOL);
    this.#socket = socket;
    const opening = new Promise<boolean>((resolve) => {
      socket.onopen = () => resolve(true);
      socket.onclose = (event) => {
        resolve(false); // a refused handshake does not say why: the session's owner does
        if (event.code === UNAUTHENTICATED) this.#event("unauthenticated");
        else if (this.#link.kind === "open") this.#event("lost");
      };
    });
    socket.onmessage = (event) => this.#received(event.data);
    Promise.all([whoAmI(), opening]).then(
      ([owner, open]) => {
        const usable = open && socket.readyState === OPEN;
        if (attempt === this.#attempt)
          this.#event(owner !== address ? "unauthenticated" : usable ? "established" : "lost");
      },
      () => {
        if (attempt === this.#attempt) this.#event("lost"); // no server, then: tried again like any other failure
      },
    );
  }

  #received(data: unknown): void {
    this.#event("heard");
    if (typeof data === "string") this.#speaker.receive(data);
    if (typeof data !== "string" || this.#speaker.overdue) this.#event("out-of-step");
  }

  #schedule(): void {
    const { timers } = this.#options;
    if (this.#timer !== null) timers.clear(this.#timer);
    const due = nextTick(this.#link);
    this.#timer = due === null ? null : timers.set(() => this.#ticked(due), Math.max(0, due - timers.now()));
  }

  #ticked(due: number): void {
    this.#timer = null;
    if (this.#options.timers.now() > due + LATE) this.#event("woke");
    else if (this.#link.kind === "open" && this.#speaker.overdue) this.#event("out-of-step");
    else this.#event("tick");
  }
}
