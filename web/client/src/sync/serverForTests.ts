/**
 * A server for tests that speaks `wave.v1` strictly, in memory: one history per wavelet, keys remembered, no schema.
 *
 * What clients send it and what it sends waits in queues until the test lets it through, so that a test can lose,
 * delay and cut as it likes. A client that breaks the protocol makes the test fail.
 */

import { type DocOp, transformOperations, versionZeroHash, WaveDocument, type WaveletOperation } from "../ot";
import type { Socket } from "./connection";
import type { ClientMessage } from "./messages";
import type { Operations } from "./types";

interface Landed {
  readonly author: string;
  readonly key: string;
  readonly at: number;
  readonly version: number;
  readonly hash: string;
  readonly ops: Operations;
  readonly timestamp: number;
}

/** A text that the server refuses to have in any document. */
export const REFUSED = "#";

class Wavelet {
  readonly history: Landed[] = [];
  readonly documents = new Map<string, WaveDocument>();
  participants: string[] = [];

  constructor(readonly name: string) {}

  get version(): number {
    return this.history.at(-1)?.version ?? 0;
  }

  hashAt(version: number): string | undefined {
    if (version === 0) return versionZeroHash(this.name);
    return this.history.find((landed) => landed.version === version)?.hash;
  }

  apply(operation: WaveletOperation): void {
    if ("doc" in operation) {
      const document = this.documents.get(operation.doc) ?? WaveDocument.empty();
      document.apply(operation.op);
      this.documents.set(operation.doc, document);
    } else if ("add" in operation) this.participants.push(operation.add);
    else if ("remove" in operation) this.participants = this.participants.filter((who) => who !== operation.remove);
  }

  state(): object {
    const documents = [...this.documents].filter(([, document]) => document.size > 0);
    return {
      type: "snapshot",
      wavelet: this.name,
      version: this.version,
      hash: this.hashAt(this.version),
      participants: this.participants,
      documents: Object.fromEntries(documents.map(([id, document]) => [id, document.toOp()])),
    };
  }
}

export class ServerForTests {
  readonly wavelets = new Map<string, Wavelet>();
  readonly sockets = new Set<SocketForTests>();
  /** Whether connections come about. */
  up = true;
  /** Who is signed in; null for nobody. */
  session: string | null;
  /** Whether messages go through at once. */
  flowing = true;
  /** Codes with which the next submissions are answered, whatever they hold. */
  readonly refusals: { code: string; retry_after?: number }[] = [];
  /** Whether submissions wait for another server, which answers with `release`. */
  holding = false;
  /** Every message that was received, in order. */
  readonly received: ClientMessage[] = [];
  #forks = 0;
  #held: (() => void)[] = [];

  constructor(session: string | null) {
    this.session = session;
  }

  readonly newSocket = (): SocketForTests => new SocketForTests(this, this.session);

  readonly whoAmI = async (): Promise<string | null> => {
    if (!this.up) throw new Error("no server");
    return this.session;
  };

  /** Make a wavelet, or let somebody change one, as if from elsewhere. */
  change(author: string, name: string, ops: Operations, key = `elsewhere-${this.received.length}`): void {
    const wavelet = this.#wavelet(name);
    this.#land(wavelet, author, key, ops, null);
  }

  /** Forget the history of a wavelet, as a server restored from an old copy does; the state stays. */
  fork(name: string): void {
    const wavelet = this.#wavelet(name);
    this.#forks += 1;
    const { version } = wavelet;
    const hash = `fork${this.#forks}`;
    wavelet.history.splice(0, wavelet.history.length, {
      author: "restored@example.com",
      key: hash,
      at: 0,
      version,
      hash,
      ops: [],
      timestamp: 0,
    });
  }

  document(name: string, id: string): DocOp {
    return this.#wavelet(name).documents.get(id)?.toOp() ?? [];
  }

  text(name: string, id: string): string {
    return this.#wavelet(name).documents.get(id)?.text() ?? "";
  }

  /** Take in one message of each connection. */
  hear(): void {
    for (const socket of this.sockets) socket.toServer();
  }

  /** Send a message on each connection. */
  tell(message: object): void {
    for (const socket of this.sockets) socket.push(message);
  }

  /** Cut every connection, and lose what is under way. */
  cut(code = 1006): void {
    for (const socket of [...this.sockets]) socket.end(code);
  }

  /** Carry all messages that are under way, and what follows from them. */
  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const socket of [...this.sockets]) busy = socket.carry() || busy;
    }
  }

  /** The other server answers what it was asked, and from now on at once. */
  release(): void {
    this.holding = false;
    for (const submit of this.#held.splice(0)) submit();
  }

  receive(socket: SocketForTests, text: string): void {
    const message = JSON.parse(text) as ClientMessage;
    this.received.push(message);
    switch (message.type) {
      case "open": {
        if (socket.waves.has(message.wave)) throw new Error(`${message.wave} is open already`);
        socket.waves.add(message.wave);
        const visible = [...this.wavelets.values()].filter((wavelet) => this.#mayRead(socket, wavelet, message.wave));
        socket.push({ type: "opened", id: message.id, wave: message.wave, wavelets: visible.map(({ name }) => name) });
        for (const wavelet of visible) this.#catchUp(socket, wavelet, message.known[wavelet.name]);
        break;
      }
      case "close":
        if (!socket.waves.delete(message.wave)) throw new Error(`${message.wave} is not open`);
        break;
      case "submit":
        this.#submit(socket, message);
        break;
      case "cursor":
        for (const other of this.#readers(this.#wavelet(message.wavelet))) {
          if (other !== socket) other.push({ ...message, author: socket.user });
        }
        break;
      case "watch":
        socket.push({ type: "watching", id: message.id });
        break;
      default:
        socket.push({ type: "error", id: message.id, code: "invalid-request", message: "not a message" });
    }
  }

  #submit(socket: SocketForTests, message: Extract<ClientMessage, { type: "submit" }>): void {
    const wave = message.wavelet.split("/").slice(0, 2).join("/");
    if (!socket.waves.has(wave)) throw new Error("submitted to a wave that is not open");
    if (message.ops.length === 0) throw new Error("a submission without operations");
    if (this.holding) {
      this.#held.push(() => this.#submit(socket, message));
      return;
    }
    const answer = this.refusals.shift() ?? this.#answer(socket, message);
    if ("code" in answer) socket.push({ type: "error", id: message.id, message: answer.code, ...answer });
    else socket.push(ackOf(message, answer));
  }

  #answer(
    socket: SocketForTests,
    message: Extract<ClientMessage, { type: "submit" }>,
  ): Landed | { readonly code: string } {
    const wavelet = this.#wavelet(message.wavelet);
    const user = socket.user ?? "";
    const adds = message.ops.some((operation) => "add" in operation && operation.add === user);
    if (wavelet.version === 0 ? !adds : !wavelet.participants.includes(user)) return { code: "forbidden" };
    if (wavelet.hashAt(message.at) !== message.hash) return { code: "bad-version" };
    const later = wavelet.history.filter((landed) => landed.at >= message.at);
    const before = later.find((landed) => landed.author === user && landed.key === message.key);
    if (before !== undefined) return before;
    let ops: Operations = message.ops;
    for (const landed of later) ops = transformOperations(ops, user, landed.ops, landed.author).client;
    if (JSON.stringify(ops).includes(REFUSED)) return { code: "invalid-operation" };
    return this.#land(wavelet, user, message.key, ops, socket);
  }

  #land(wavelet: Wavelet, author: string, key: string, ops: Operations, origin: SocketForTests | null): Landed {
    if (wavelet.history.some((landed) => landed.author === author && landed.key === key)) {
      throw new Error(`the key ${key} was used twice`);
    }
    const strangers = new Set(this.#readers(wavelet));
    for (const operation of ops) wavelet.apply(operation);
    const at = wavelet.version;
    const version = at + ops.length;
    const landed = { author, key, at, version, hash: `h${version}-${this.#forks}`, ops, timestamp: 1000 + version };
    wavelet.history.push(landed);
    for (const reader of this.#readers(wavelet)) {
      if (reader === origin) continue;
      if (strangers.has(reader)) reader.push(deltaOf(wavelet, landed, reader));
      else reader.push(wavelet.state());
    }
    for (const gone of strangers) {
      if (wavelet.participants.includes(gone.user ?? "")) continue;
      gone.push({ type: "error", code: "forbidden", message: "no participant any more", wavelet: wavelet.name });
    }
    return landed;
  }

  #catchUp(socket: SocketForTests, wavelet: Wavelet, known: readonly [number, string] | undefined): void {
    if (known === undefined || wavelet.hashAt(known[0]) !== known[1]) {
      socket.push(wavelet.state());
      return;
    }
    for (const landed of wavelet.history) {
      if (landed.at >= known[0]) socket.push(deltaOf(wavelet, landed, socket));
    }
  }

  #readers(wavelet: Wavelet): SocketForTests[] {
    const wave = wavelet.name.split("/").slice(0, 2).join("/");
    return [...this.sockets].filter((socket) => this.#mayRead(socket, wavelet, wave) && socket.waves.has(wave));
  }

  #mayRead(socket: SocketForTests, wavelet: Wavelet, wave: string): boolean {
    return wavelet.name.startsWith(`${wave}/`) && wavelet.participants.includes(socket.user ?? "");
  }

  #wavelet(name: string): Wavelet {
    const wavelet = this.wavelets.get(name) ?? new Wavelet(name);
    this.wavelets.set(name, wavelet);
    return wavelet;
  }
}

/** The client's end of a connection to a ServerForTests. */
export class SocketForTests implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readyState = 0;
  readonly waves = new Set<string>();
  readonly #toServer: string[] = [];
  readonly #toClient: string[] = [];
  #carrying = false;

  constructor(
    readonly server: ServerForTests,
    readonly user: string | null,
  ) {
    queueMicrotask(() => {
      if (this.readyState !== 0) return;
      if (server.up && user !== null) {
        this.readyState = 1;
        server.sockets.add(this);
        this.onopen?.(new Event("open"));
      } else {
        this.end(1006);
      }
    });
  }

  send(data: string): void {
    if (this.readyState !== 1) throw new Error("sent on a socket that is not open");
    this.#toServer.push(data);
    this.#flow();
  }

  push(message: object): void {
    this.#toClient.push(JSON.stringify(message));
    this.#flow();
  }

  close(): void {
    this.readyState = 3;
    this.server.sockets.delete(this);
  }

  end(code: number): void {
    this.close();
    this.onclose?.({ code } as CloseEvent);
  }

  /** Carry one message each way. Returns whether there was one. */
  carry(): boolean {
    return this.toServer() || this.toClient();
  }

  /** Carry one message to the server. */
  toServer(): boolean {
    const up = this.#toServer.shift();
    if (up !== undefined) this.server.receive(this, up);
    return up !== undefined;
  }

  /** Carry one message to the client. */
  toClient(): boolean {
    const down = this.#toClient.shift();
    if (down !== undefined && this.readyState === 1) this.onmessage?.({ data: down } as MessageEvent);
    return down !== undefined;
  }

  #flow(): void {
    if (!this.server.flowing || this.#carrying) return;
    this.#carrying = true;
    queueMicrotask(() => {
      this.#carrying = false;
      while (this.readyState === 1 && this.server.flowing && this.carry());
    });
  }
}

function deltaOf(wavelet: Wavelet, landed: Landed, reader: SocketForTests): object {
  const { key, ...rest } = landed;
  return { type: "delta", wavelet: wavelet.name, ...rest, ...(landed.author === reader.user ? { key } : {}) };
}

function ackOf(message: Extract<ClientMessage, { type: "submit" }>, landed: Landed): object {
  const { at, version, hash, timestamp } = landed;
  return { type: "ack", id: message.id, wavelet: message.wavelet, at, version, hash, timestamp };
}
