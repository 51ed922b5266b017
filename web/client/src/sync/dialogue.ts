/**
 * What a client says to the server and hears from it, about all its open waves. No socket, no storage.
 *
 * The connection tells it when there is one, and feeds it what the server sends; it hands out messages. What follows
 * from a message is decided here. Source: docs/protocol.md.
 */

import { hostOf, parseWaveletPath } from "../conversation/names";
import { OperationError } from "../ot";
import { delayAfter } from "./backoff";
import type { OwnCursor } from "./cursorBoard";
import { MalformedMessage, OutOfStep } from "./errors";
import { type ClientMessage, decodeMessage, type ServerMessage } from "./messages";
import type { OpenWave } from "./openWave";
import type { Replica, WaveletState } from "./replica";
import type { Timer, Timers } from "./timers";
import type { DigestChange } from "./types";

/** Faults of the server's in a row, until an edit counts as refused. */
const FAULTS_BORNE = 5;
/** How long an answer may take, in ms, until the connection counts as out of order. */
const ANSWER_TIME = 30_000;

const PASSING = new Set(["rate-limited", "unavailable", "conflict"]); // the same message may succeed later

type ErrorMessage = Extract<ServerMessage, { readonly type: "error" }>;

type Request =
  | { readonly kind: "open"; readonly wave: OpenWave; readonly since: number }
  | {
      readonly kind: "submit";
      readonly replica: Replica;
      readonly key: string;
      /** The replica's, when this was sent. */
      readonly generation: number;
      readonly since: number;
    }
  | { readonly kind: "watch" | "ping"; readonly since: number };

/** What the dialogue needs of its surroundings. */
export interface DialogueHost {
  readonly timers: Timers;
  /** The server's: the hosts of other domains' wavelets may take days to answer. */
  readonly domain: string;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Called only while there is a connection. */
  send(message: ClientMessage): void;
  /** The messages do not fit what is known: the connection has to be made anew. */
  restart(reason: string): void;
  /** Whether what a replica would send is written down, so that it survives; else `flush` is called when it is. */
  ready(replica: Replica): boolean;
  newReplica(name: string, state: WaveletState): Replica;
  /** A wavelet is no longer this person's to see. */
  ended(replica: Replica): void;
  digest(change: DigestChange): void;
}

export class Dialogue {
  readonly #host: DialogueHost;
  readonly #waves = new Map<string, OpenWave>();
  readonly #distrusted = new Set<Replica>(); // only a snapshot helps these
  readonly #stumbled = new WeakMap<Replica, number>(); // the version at which messages last did not fit
  readonly #resting = new Map<object, Timer>(); // replicas and waves that wait before they try again
  #requests = new Map<number, Request>();
  #lastId = 0;
  #failures = 0; // in a row
  #connected = false;
  #watching = false;

  constructor(host: DialogueHost) {
    this.#host = host;
  }

  // ---- the connection ----

  /** There is a new connection: open everything again on it. */
  connected(): void {
    this.#connected = true;
    this.#forgetConnection();
    for (const wave of this.#waves.values()) this.#open(wave);
    if (this.#watching) this.#ask({ kind: "watch", since: this.#host.timers.now() }, (id) => ({ type: "watch", id }));
  }

  /** There is none any more. */
  disconnected(): void {
    this.#connected = false;
    this.#forgetConnection();
  }

  /** Ask for any answer. */
  probe(): void {
    this.#ask({ kind: "ping", since: this.#host.timers.now() }, (id) => ({ type: "ping", id }));
  }

  /** Whether an answer has been awaited for too long. */
  get overdue(): boolean {
    const latest = this.#host.timers.now() - ANSWER_TIME;
    return [...this.#requests.values()].some((request) => request.since < latest && !this.#mayTakeLong(request));
  }

  // ---- waves ----

  /** Follow a wave, on this connection and the next ones. */
  add(wave: OpenWave): void {
    this.#waves.set(wave.wave, wave);
    this.#open(wave);
  }

  /** Follow it no more. */
  remove(wave: OpenWave): void {
    if (!this.#waves.delete(wave.wave)) return;
    this.#wake(wave);
    if (wave.request !== "none") this.#send({ type: "close", wave: wave.wave });
    wave.request = "none";
    for (const replica of wave.replicas) this.#forget(replica);
  }

  /** Hear of changed digests, from now on. */
  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    if (this.#connected) this.#ask({ kind: "watch", since: this.#host.timers.now() }, (id) => ({ type: "watch", id }));
  }

  /** Send what a replica has in flight, perhaps again, unless it has to wait: what it waits for sends it then. */
  flush(replica: Replica): void {
    const submission = replica.inFlight;
    const wave = this.#waveOf(replica.name);
    if (submission === null || wave?.request !== "opened" || wave.replica(replica.name) !== replica) return;
    if (this.#distrusted.has(replica) || this.#resting.has(replica) || this.#awaitsAnswer(replica)) return;
    if (!this.#host.ready(replica)) return;
    const { key, operations } = submission;
    const { version, hash } = replica.known;
    const request: Request = { kind: "submit", replica, key, generation: replica.generation, since: this.#now };
    this.#ask(request, (id) => ({
      type: "submit",
      id,
      wavelet: replica.name,
      key,
      at: version,
      hash,
      ops: operations,
    }));
    // The answer is its host's, and says nothing of the connection: that is asked for a sign of life.
    if (this.#mayTakeLong(request) && !this.#isProbing()) this.probe();
  }

  /** Show others where one is. */
  sendCursor(wave: OpenWave, cursor: OwnCursor): void {
    const replica = wave.replica(cursor.wavelet);
    if (wave.request !== "opened" || replica === undefined || replica.version === 0) return;
    const { wavelet, doc, anchor, head } = cursor;
    this.#send({ type: "cursor", wavelet, doc, anchor, head });
  }

  // ---- sending ----

  get #now(): number {
    return this.#host.timers.now();
  }

  #send(message: ClientMessage): void {
    if (this.#connected) this.#host.send(message);
  }

  #ask(request: Request, message: (id: number) => ClientMessage): void {
    if (!this.#connected) return;
    this.#lastId += 1;
    this.#requests.set(this.#lastId, request);
    this.#host.send(message(this.#lastId));
  }

  #open(wave: OpenWave): void {
    if (!this.#connected || wave.request !== "none" || this.#resting.has(wave)) return;
    const trusted = wave.replicas.filter((replica) => !this.#distrusted.has(replica));
    const known = Object.fromEntries(
      trusted.map(({ name, known: { version, hash } }) => [name, [version, hash]] as const),
    );
    wave.request = "asked";
    this.#ask({ kind: "open", wave, since: this.#now }, (id) => ({ type: "open", id, wave: wave.wave, known }));
  }

  /** Whether the answer is another server's to give: then it is awaited for as long as it takes. */
  #mayTakeLong(request: Request): boolean {
    return request.kind === "submit" && hostOf(request.replica.name) !== this.#host.domain;
  }

  #isProbing(): boolean {
    return [...this.#requests.values()].some(({ kind }) => kind === "ping");
  }

  #awaitsAnswer(replica: Replica): boolean {
    return [...this.#requests.values()].some((request) => request.kind === "submit" && request.replica === replica);
  }

  #forgetConnection(): void {
    this.#requests = new Map();
    for (const wave of this.#waves.values()) wave.request = "none";
    for (const timer of this.#resting.values()) this.#host.timers.clear(timer);
    this.#resting.clear();
  }

  #forget(replica: Replica): void {
    this.#distrusted.delete(replica);
    this.#wake(replica);
  }

  // ---- trying again ----

  #rest(who: object, least: number | null, then: () => void): void {
    this.#failures += 1;
    this.#wake(who);
    const wait = Math.max(delayAfter(this.#failures, this.#host.random()), least ?? 0);
    const timer = this.#host.timers.set(() => {
      this.#resting.delete(who);
      then();
    }, wait);
    this.#resting.set(who, timer);
  }

  #wake(who: object): void {
    const timer = this.#resting.get(who);
    if (timer !== undefined) this.#host.timers.clear(timer);
    this.#resting.delete(who);
  }

  // ---- receiving ----

  /** Take in a message of the server's. What cannot be leads to a new connection. */
  receive(text: string): void {
    try {
      const message = decodeMessage(text);
      if (message !== null) this.#receive(message);
    } catch (error) {
      if (!(error instanceof MalformedMessage || error instanceof OperationError)) throw error;
      this.#host.restart(`the server sent what cannot be read here: ${error.message}`);
    }
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case "opened":
        this.#opened(message.id, new Set(message.wavelets));
        return;
      case "snapshot":
        this.#snapshot(message.wavelet, message);
        return;
      case "delta": {
        const replica = this.#replicaOf(message.wavelet);
        if (replica !== undefined) this.#step(replica, () => replica.receive(message));
        return;
      }
      case "ack":
        this.#acknowledged(message);
        return;
      case "cursor": {
        const replica = this.#replicaOf(message.wavelet);
        const pending = replica?.pending.flatMap((submission) => submission.operations) ?? [];
        if (replica !== undefined) this.#waveOf(message.wavelet)?.heard(message, pending);
        return;
      }
      case "troubles":
        this.#replicaOf(message.wavelet)?.hearTroubles(message.troubles);
        return;
      case "error":
        this.#error(message);
        return;
      case "watching":
        this.#requests.delete(message.id);
        this.#host.digest({ wave: "*", digest: null });
        return;
      case "pong":
        this.#requests.delete(message.id);
        return;
      case "digest":
        this.#host.digest({ wave: message.wave, digest: message.digest });
        return;
    }
  }

  #opened(id: number, visible: ReadonlySet<string>): void {
    const request = this.#take(id);
    if (request?.kind !== "open") return;
    this.#failures = 0;
    const { wave } = request;
    for (const replica of wave.replicas) {
      replica.hearTroubles([]); // those that there still are will be told
      const unborn = replica.version === 0; // its first delta is on its way
      if (!visible.has(replica.name) && !unborn)
        this.#end(wave, replica, "forbidden", "you are no longer a participant");
    }
    wave.opened(visible.size === 0 && wave.replicas.length === 0);
    for (const replica of wave.replicas) this.flush(replica);
  }

  #snapshot(name: string, state: WaveletState): void {
    const wave = this.#waveOf(name);
    if (wave === undefined) return;
    const replica = wave.replica(name);
    if (replica === undefined) {
      wave.add(this.#host.newReplica(name, state));
      return;
    }
    const same = replica.version === state.version.version && replica.known.hash === state.version.hash;
    if (!same || this.#distrusted.has(replica)) replica.replace(state);
    this.#distrusted.delete(replica);
    this.flush(replica);
  }

  #acknowledged(message: Extract<ServerMessage, { readonly type: "ack" }>): void {
    const request = this.#take(message.id);
    if (request?.kind !== "submit") return;
    const { replica, key } = request;
    this.#failures = 0;
    this.#step(replica, () => replica.acknowledge(key, message.landing, message.timestamp));
    this.flush(replica);
  }

  #take(id: number): Request | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  // ---- errors ----

  #error(message: ErrorMessage): void {
    const request = message.id === null ? undefined : this.#take(message.id);
    if (request?.kind === "submit") this.#submissionFailed(request, message);
    else if (request?.kind === "open") this.#openFailed(request.wave, message);
    else if (request === undefined && message.wavelet !== null) this.#waveletFailed(message.wavelet, message);
    // An answer to a probe is an answer. What is about other messages (cursors) has changed nothing.
  }

  #submissionFailed(request: Extract<Request, { readonly kind: "submit" }>, message: ErrorMessage): void {
    const { replica, key } = request;
    const { code } = message;
    if (request.generation !== replica.generation) {
      this.flush(replica); // it was made for a state that a snapshot has replaced meanwhile
    } else if (PASSING.has(code) || (code === "internal" && this.#failures < FAULTS_BORNE)) {
      this.#rest(replica, message.retryAfter, () => this.flush(replica));
    } else if (code === "bad-version") {
      this.#distrusted.add(replica); // what is here is not the server's history: start anew from its state
      this.#host.restart(`${replica.name}: ${message.message}`);
    } else if (code !== "not-open") {
      this.#refuse(replica, key, code);
      const wave = this.#waveOf(replica.name);
      const unborn = replica.version === 0 && replica.inFlight === null;
      if (unborn && wave !== undefined) this.#end(wave, replica, code, message.message);
      this.flush(replica);
    }
  }

  /** Undo the submission; where what was typed since cannot stand without it, give up that as well. */
  #refuse(replica: Replica, key: string, code: string): void {
    try {
      replica.refuse(key, code);
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error;
      replica.abandon(code);
      this.#distrusted.add(replica);
      this.#host.restart(`${replica.name}: ${error.message}`);
    }
  }

  #openFailed(wave: OpenWave, message: ErrorMessage): void {
    wave.request = "none";
    if (PASSING.has(message.code) || message.code === "too-large" || message.code === "internal") {
      this.#rest(wave, message.retryAfter, () => this.#open(wave));
    } else {
      wave.refused();
    }
  }

  #waveletFailed(name: string, message: ErrorMessage): void {
    const wave = this.#waveOf(name);
    const replica = wave?.replica(name);
    if (wave === undefined || replica === undefined) return;
    if (PASSING.has(message.code)) {
      this.#send({ type: "close", wave: wave.wave });
      wave.request = "none";
      this.#rest(wave, message.retryAfter, () => this.#open(wave));
    } else {
      this.#end(wave, replica, message.code, message.message);
    }
  }

  #end(wave: OpenWave, replica: Replica, code: string, message: string): void {
    replica.end(code, message);
    wave.remove(replica);
    this.#forget(replica);
    this.#host.ended(replica);
  }

  /** Take a step of a replica's. Connecting again fills a gap; where it does not, only a new snapshot helps. */
  #step(replica: Replica, step: () => void): void {
    if (this.#distrusted.has(replica)) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error;
      if (this.#stumbled.get(replica) === replica.version) this.#distrusted.add(replica);
      this.#stumbled.set(replica, replica.version);
      this.#host.restart(`${replica.name}: ${error.message}`);
    }
  }

  #waveOf(name: string): OpenWave | undefined {
    const parts = parseWaveletPath(name);
    return parts === null ? undefined : this.#waves.get(parts.wave);
  }

  #replicaOf(name: string): Replica | undefined {
    return this.#waveOf(name)?.replica(name);
  }
}
