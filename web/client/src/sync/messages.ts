/**
 * The messages of the WebSocket protocol `wave.v1`: what a client sends as types, what the server sends read from JSON.
 *
 * Members and types of messages that this client does not know are passed over. Source: docs/protocol.md.
 */

import { type DocOp, decodeComponents, decodeOperations, MalformedOperation } from "../ot";
import type { HashedVersion, Landing } from "./concurrency";
import { MalformedMessage } from "./errors";
import type { Operations, Trouble } from "./types";

export const SUBPROTOCOL = "wave.v1";

/** What a client sends. `id` is a whole number that the answer carries. */
export type ClientMessage =
  | {
      readonly type: "open";
      readonly id: number;
      readonly wave: string;
      readonly known: Readonly<Record<string, readonly [version: number, hash: string]>>;
    }
  | {
      readonly type: "submit";
      readonly id: number;
      readonly wavelet: string;
      readonly key: string;
      readonly at: number;
      readonly hash: string;
      readonly ops: Operations;
    }
  | { readonly type: "close"; readonly wave: string }
  | {
      readonly type: "cursor";
      readonly wavelet: string;
      readonly doc: string;
      readonly anchor: number;
      readonly head: number;
    }
  | { readonly type: "watch"; readonly id: number }
  /** Asks for any answer: a server that does not know it answers with an error that carries the id. */
  | { readonly type: "ping"; readonly id: number };

/** What the server sends. */
export type ServerMessage =
  | { readonly type: "opened"; readonly id: number; readonly wave: string; readonly wavelets: readonly string[] }
  | {
      readonly type: "snapshot";
      readonly wavelet: string;
      readonly version: HashedVersion;
      readonly participants: readonly string[];
      readonly documents: Readonly<Record<string, DocOp>>;
    }
  | {
      readonly type: "delta";
      readonly wavelet: string;
      readonly author: string;
      readonly operations: Operations;
      readonly landing: Landing;
      readonly timestamp: number;
      readonly key: string | null;
    }
  | {
      readonly type: "ack";
      readonly id: number;
      readonly wavelet: string;
      readonly landing: Landing;
      readonly timestamp: number;
    }
  | {
      readonly type: "cursor";
      readonly wavelet: string;
      readonly author: string;
      readonly doc: string;
      readonly anchor: number;
      readonly head: number;
    }
  | { readonly type: "troubles"; readonly wavelet: string; readonly troubles: readonly Trouble[] }
  | {
      readonly type: "error";
      readonly id: number | null;
      readonly wave: string | null;
      readonly wavelet: string | null;
      readonly code: string;
      readonly message: string;
      /** Milliseconds after which the same message may succeed; null when the server does not say. */
      readonly retryAfter: number | null;
    }
  | { readonly type: "watching"; readonly id: number }
  | { readonly type: "pong"; readonly id: number }
  | { readonly type: "digest"; readonly wave: string; readonly digest: unknown };

/** A server's message. Null when it is of a type that this client does not know. Throws MalformedMessage. */
export function decodeMessage(text: string): ServerMessage | null {
  try {
    return decoded(new Members(JSON.parse(text)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MalformedOperation) {
      throw new MalformedMessage(`not a message of ${SUBPROTOCOL}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

function decoded(from: Members): ServerMessage | null {
  const type = from.text("type");
  switch (type) {
    case "opened":
      return { type, id: from.whole("id"), wave: from.text("wave"), wavelets: from.texts("wavelets") };
    case "snapshot":
      return {
        type,
        wavelet: from.text("wavelet"),
        version: { version: from.whole("version"), hash: from.text("hash") },
        participants: from.texts("participants"),
        documents: from.documents("documents"),
      };
    case "delta":
      return {
        type,
        wavelet: from.text("wavelet"),
        author: from.text("author"),
        operations: decodeOperations(from.value("ops")),
        landing: landingOf(from),
        timestamp: from.whole("timestamp"),
        key: from.optional("key", () => from.text("key")),
      };
    case "ack":
      return {
        type,
        id: from.whole("id"),
        wavelet: from.text("wavelet"),
        landing: landingOf(from),
        timestamp: from.whole("timestamp"),
      };
    case "cursor":
      return {
        type,
        wavelet: from.text("wavelet"),
        author: from.text("author"),
        doc: from.text("doc"),
        anchor: from.whole("anchor"),
        head: from.whole("head"),
      };
    case "error":
      return {
        type,
        id: from.optional("id", () => from.whole("id")),
        wave: from.optional("wave", () => from.text("wave")),
        wavelet: from.optional("wavelet", () => from.text("wavelet")),
        code: from.text("code"),
        message: from.text("message"),
        retryAfter: from.optional("retry_after", () => from.whole("retry_after")),
      };
    case "troubles":
      return { type, wavelet: from.text("wavelet"), troubles: from.objects("troubles", troubleOf) };
    case "watching":
    case "pong":
      return { type, id: from.whole("id") };
    case "digest":
      return { type, wave: from.text("wave"), digest: from.value("digest") };
    default:
      return null;
  }
}

function landingOf(from: Members): Landing {
  return { at: from.whole("at"), to: { version: from.whole("version"), hash: from.text("hash") } };
}

function troubleOf(from: Members): Trouble {
  const [kind, domain, message] = [from.text("kind"), from.text("domain"), from.text("message")];
  return { kind, domain, since: from.whole("since"), message };
}

/** The members of a JSON object, each of the type that is asked for. Every method throws MalformedMessage. */
class Members {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (!isRecord(value)) throw new MalformedMessage("a message is a JSON object");
    this.#members = value;
  }

  value(name: string): unknown {
    if (!Object.hasOwn(this.#members, name)) throw new MalformedMessage(`the message has no "${name}"`);
    return this.#members[name];
  }

  optional<Value>(name: string, read: () => Value): Value | null {
    return Object.hasOwn(this.#members, name) ? read() : null;
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value !== "string") throw new MalformedMessage(`"${name}" is not a string`);
    return value;
  }

  whole(name: string): number {
    const value = this.value(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw new MalformedMessage(`"${name}" is not a whole number of at least 0`);
    }
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.value(name);
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw new MalformedMessage(`"${name}" is not a list of strings`);
    }
    return value;
  }

  objects<Value>(name: string, read: (from: Members) => Value): readonly Value[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw new MalformedMessage(`"${name}" is not a list`);
    return value.map((item: unknown) => read(new Members(item)));
  }

  documents(name: string): Readonly<Record<string, DocOp>> {
    const value = this.value(name);
    if (!isRecord(value)) throw new MalformedMessage(`"${name}" is not an object`);
    return Object.fromEntries(Object.entries(value).map(([id, document]) => [id, decodeComponents(document)]));
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
