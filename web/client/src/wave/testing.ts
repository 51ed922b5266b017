/** Stand-ins for the sync layer: a wave whose changes the test makes, its own and others'. */
import { type Signal, signal } from "@preact/signals";
import { ApiError } from "../app/api";
import type { AttributionRun } from "../history";
import { WaveDocument, type WaveletOperation } from "../ot";
import type {
  Draft,
  Origin,
  RemoteCursor,
  ReplicaEvent,
  SaveState,
  SyncClient,
  Trouble,
  WaveletReplica,
  WaveState,
  WaveView,
} from "../sync";
import type { ReadMap } from "./reading";
import { WaveModel, type WaveServices } from "./waveModel";

/** A replica of one wavelet, without a server. Each operation counts as a version. */
export class FakeReplica implements WaveletReplica {
  readonly unsaved = signal(0);
  readonly troubles: Signal<readonly Trouble[]> = signal([]);
  version = 0;
  ended = false;
  participants: readonly string[] = [];
  readonly #documents = new Map<string, WaveDocument>();
  readonly #listeners = new Set<(event: ReplicaEvent) => void>();

  constructor(
    readonly name: string,
    operations: readonly WaveletOperation[] = [],
  ) {
    for (const operation of operations) this.#perform(operation);
  }

  get documentIds(): Iterable<string> {
    return this.#documents.keys();
  }

  readonly document = (id: string): WaveDocument | undefined => this.#documents.get(id);

  apply(operations: readonly WaveletOperation[]): void {
    this.#take(operations, { kind: "local" });
  }

  /** Somebody else's delta arrives. */
  receive(author: string, operations: readonly WaveletOperation[], timestamp = 1_000): void {
    const version = this.version + operations.length;
    this.#take(operations, { kind: "remote", author, at: this.version, version, timestamp });
  }

  end(message: string): void {
    this.ended = true;
    this.#tell({ kind: "ended", code: "forbidden", message });
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  #take(operations: readonly WaveletOperation[], origin: Origin): void {
    for (const operation of operations) this.#perform(operation);
    this.#tell({ kind: "operations", operations, origin });
  }

  #tell(event: ReplicaEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #perform(operation: WaveletOperation): void {
    this.version += 1;
    if ("add" in operation) this.participants = [...this.participants, operation.add];
    if ("remove" in operation) this.participants = this.participants.filter((it) => it !== operation.remove);
    if (!("doc" in operation)) return;
    const document = this.#documents.get(operation.doc) ?? WaveDocument.empty();
    document.apply(operation.op);
    this.#documents.set(operation.doc, document);
  }
}

/** An open wave with the wavelets that the test puts in, and the client that opened it. */
export class FakeWave {
  readonly state: Signal<WaveState> = signal("open");
  readonly wavelets: Signal<readonly WaveletReplica[]>;
  readonly cursors: Signal<readonly RemoteCursor[]> = signal([]);
  readonly connection: Signal<"connecting" | "online" | "offline" | "signed-out"> = signal("online");
  readonly saveState: Signal<SaveState> = signal({ kind: "saved" });
  readonly drafts: Signal<readonly Draft[]> = signal([]);
  readonly placed: string[] = [];
  readonly sent: ReadMap[] = [];
  readonly written = new Map<string, Signal<readonly AttributionRun[] | null>>();
  failing = false;
  closed = false;

  constructor(
    readonly wave: string,
    readonly self: string,
    replicas: readonly WaveletReplica[],
  ) {
    this.wavelets = signal(replicas);
  }

  view(): WaveView {
    return {
      wave: this.wave,
      state: this.state,
      wavelets: this.wavelets,
      cursors: this.cursors,
      placeCursor: (wavelet, doc, anchor, head) => this.placed.push(`${wavelet} ${doc} ${anchor} ${head}`),
      createWavelet: (name, operations) => {
        const replica = new FakeReplica(name, operations);
        this.wavelets.value = [...this.wavelets.value, replica];
        return replica;
      },
      close: () => {
        this.closed = true;
      },
    };
  }

  client(): SyncClient {
    return {
      address: this.self,
      saveState: this.saveState,
      connection: this.connection,
      storage: signal("kept"),
      drafts: this.drafts,
      discardDraft: async (id) => {
        this.drafts.value = this.drafts.value.filter((draft) => draft.id !== id);
      },
      open: () => this.view(),
      createWave: () => this.view(),
      watch: () => () => undefined,
      retry: () => undefined,
      close: async () => undefined,
    };
  }

  services(): WaveServices {
    return {
      client: this.client(),
      attributionOf: (replica, doc) => this.attribution(replica, doc),
      timeOf: () => null,
      signatureOf: ({ author }) => signal({ kind: "signed", domain: author.split("@")[1] ?? "", at: 1_000 }),
      sendRead: async (_, read) => {
        if (this.failing) throw new ApiError(0, "offline", "no server");
        this.sent.push(read);
      },
    };
  }

  model(): WaveModel {
    return new WaveModel(this.wave, this.services());
  }

  /** What the attribution of a document says, for the test to set. */
  attribution(replica: WaveletReplica, doc: string): Signal<readonly AttributionRun[] | null> {
    const key = `${replica.name} ${doc}`;
    const found = this.written.get(key) ?? signal<readonly AttributionRun[] | null>(null);
    this.written.set(key, found);
    return found;
  }
}
