/** What synchronisation offers to the rest of the client: waves that stay in step, and say how far they are. */

import type { ReadonlySignal } from "@preact/signals";
import type { WaveDocument, WaveletOperation } from "../ot";

/** Operations that stand for being applied one after the other. */
export type Operations = readonly WaveletOperation[];

/** Where operations came from: this person's hands here, or the history (perhaps their own, from elsewhere). */
export type Origin =
  | { readonly kind: "local" }
  | {
      readonly kind: "remote";
      readonly author: string;
      /** The version that the delta was applied at, the one it led to, and when, in ms since 1970. */
      readonly at: number;
      readonly version: number;
      readonly timestamp: number;
    };

/** What happens to a replica. `documents` and `participants` have changed already when it is told. */
export type ReplicaEvent =
  /** In order; remote ones are transformed over what is pending here. */
  | { readonly kind: "operations"; readonly operations: Operations; readonly origin: Origin }
  | { readonly kind: "acknowledged"; readonly version: number; readonly timestamp: number }
  /** Another state took this one's place: read everything anew. */
  | { readonly kind: "replaced" }
  /** The server said no: the edit was undone here (told as operations before this), and kept as a draft. */
  | { readonly kind: "refused"; readonly draft: Draft }
  | { readonly kind: "ended"; readonly code: string; readonly message: string };

/** Text that was typed and could not be kept in the wave. */
export interface Draft {
  readonly id: string;
  /** The wavelet's path, and the document; "" when the change was to participants only. */
  readonly wavelet: string;
  readonly doc: string;
  /** What was inserted, with a line break for each line; "" when nothing was. */
  readonly text: string;
  /** When it was given up, in ms since 1970. */
  readonly at: number;
  /** An error code of the protocol; `explainDraft` has words for people. */
  readonly reason: string;
}

/** What keeps a wavelet from another provider, as the server tells it. */
export interface Trouble {
  /** "host-unreachable", "not-delivered", "quarantined", or a kind that this client does not know. */
  readonly kind: string;
  /** The provider that it is with. */
  readonly domain: string;
  /** When it began, in ms since 1970. */
  readonly since: number;
  /** One line for people, in the server's words. */
  readonly message: string;
}

/** One wavelet as a person here sees it: the server's state with their own pending edits on top. */
export interface WaveletReplica {
  /** Its path, `domain/w+x/~/conv+root`. */
  readonly name: string;
  /** The last version of the history that has arrived. */
  readonly version: number;
  /** Whether nothing more comes, and nothing can be edited. */
  readonly ended: boolean;
  /** In order of joining, as seen here. */
  readonly participants: readonly string[];
  /** The documents that are not empty. */
  readonly documentIds: Iterable<string>;
  /** A document, to read: change it with `apply` only. */
  document(id: string): WaveDocument | undefined;
  /**
   * Edit: at once here, sent when possible, durable when acknowledged. Throws InvalidOperation when an operation
   * does not apply, ReplicaEnded after the end; nothing has changed then.
   */
  apply(operations: Operations): void;
  /** Be told of what happens, after it has. Returns what ends it. */
  subscribe(listener: (event: ReplicaEvent) => void): () => void;
  /** How many edits made here the server has not acknowledged. */
  readonly unsaved: ReadonlySignal<number>;
  /** What is amiss with its other providers, as last heard. While it is quarantined, the server takes no edits. */
  readonly troubles: ReadonlySignal<readonly Trouble[]>;
}

/** Where somebody else's selection is, in items of the document as it is seen here. */
export interface RemoteCursor {
  readonly wavelet: string;
  readonly author: string;
  readonly doc: string;
  readonly anchor: number;
  readonly head: number;
  /** When its owner last gave a sign of life, in ms since 1970. */
  readonly seen: number;
}

/**
 * "opening" until there is something to show; "offline-copy" when that is the last known state, and the server has
 * not been heard yet; "missing" when the server shows no wavelet of it to this person.
 */
export type WaveState = "opening" | "open" | "missing" | "offline-copy";

/** One open wave. */
export interface WaveView {
  /** `localhost/w+abc`. */
  readonly wave: string;
  readonly state: ReadonlySignal<WaveState>;
  /** Those that this person may see, oldest acquaintance first. */
  readonly wavelets: ReadonlySignal<readonly WaveletReplica[]>;
  /** Others' cursors, kept in place through edits, dropped 30 s after the last sign of life. */
  readonly cursors: ReadonlySignal<readonly RemoteCursor[]>;
  /**
   * Show the others where the selection is, in items; sent at most 10 times a second, and again every 15 s as a sign
   * of life. Document "conversation", 0, 0 says: here, without a caret.
   */
  placeCursor(wavelet: string, doc: string, anchor: number, head: number): void;
  /**
   * Make a wavelet; `operations` must add its author. Usable at once, also offline.
   * Throws InvalidName when `name` is not a new wavelet's of this wave, else what `apply` throws.
   */
  createWavelet(name: string, operations: Operations): WaveletReplica;
  /** Stop following it. What is not saved is still delivered. */
  close(): void;
}

/** What to tell a person about their work; `changes` counts edits that the server has not acknowledged. */
export type SaveState =
  | { readonly kind: "saved" }
  | { readonly kind: "saving"; readonly changes: number }
  /** Hosts of waves, elsewhere, have not taken them for a while; our server keeps them until they do. */
  | { readonly kind: "waiting"; readonly changes: number; readonly hosts: readonly string[] }
  | { readonly kind: "offline"; readonly changes: number }
  | { readonly kind: "signed-out"; readonly changes: number };

export type ConnectionState = "connecting" | "online" | "offline" | "signed-out";

/** Whether work that is not saved yet would survive closing this tab. */
export type StorageState = "kept" | "unavailable";

/** A change of a wave's digest; `digest` null when it is not to be seen any more. Wave "*": fetch everything anew. */
export interface DigestChange {
  readonly wave: string;
  readonly digest: unknown;
}

/** One person's synchronised waves, in one tab. */
export interface SyncClient {
  readonly address: string;
  /** Over all waves, also those that only wait to be delivered. */
  readonly saveState: ReadonlySignal<SaveState>;
  readonly connection: ReadonlySignal<ConnectionState>;
  readonly storage: ReadonlySignal<StorageState>;
  /** Text that could not be kept in a wave, until it is discarded. */
  readonly drafts: ReadonlySignal<readonly Draft[]>;
  discardDraft(id: string): Promise<void>;
  /** Follow a wave. Views of one wave share their replicas; close each. */
  open(wave: string): WaveView;
  /** Make a wave with a new random id; `operations` makes the first delta of its conv+root. */
  createWave(operations: (waveletName: string) => Operations): WaveView;
  /**
   * Be told of changed digests. After each time that the connection was made anew, and once at the beginning, the
   * listener gets `{wave: "*", digest: null}`: changes may have been missed. Returns what ends it.
   */
  watch(listener: (change: DigestChange) => void): () => void;
  /** Try now instead of after the pause; also after signing in again. */
  retry(): void;
  /** Write down what is pending, and end the connection. */
  close(): Promise<void>;
}
