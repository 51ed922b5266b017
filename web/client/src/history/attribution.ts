/**
 * Who wrote what in a replica: fetched once for a version, then advanced by what happens to the replica.
 *
 * The fetch is for a version at which nothing is pending here; what happens until the answer comes is noted, and
 * applied to it. One's own edits count at once, as of the version that comes next.
 */
import { batch, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ApiError } from "../app/api";
import { self } from "../app/session";
import type { ReplicaEvent, WaveletReplica } from "../sync";
import { AttributionMismatch, type AttributionRun, advanced, itemsOf, wholly } from "./runs";
import { fetchAttribution, type WaveletAttribution } from "./source";

/** What is needed from around it. */
export interface AttributionOptions {
  readonly self: () => string | null;
  /** Rejects with ApiError when it cannot be had now. */
  readonly fetch: (wavelet: string, version: number) => Promise<WaveletAttribution>;
}

type Operations = Extract<ReplicaEvent, { readonly kind: "operations" }>;

/**
 * "waiting" for a moment at which nothing is pending, or for a sign of life after a failure; "fetching", with what has
 * happened since; "known".
 */
type Phase =
  | { readonly kind: "waiting" }
  | { readonly kind: "fetching"; readonly since: readonly { readonly event: Operations; readonly version: number }[] }
  | { readonly kind: "known" };

/** The attribution of one replica's documents, for as long as the replica lives. */
export class ReplicaAttribution {
  readonly #replica: WaveletReplica;
  readonly #options: AttributionOptions;
  readonly #documents = new Map<string, Signal<readonly AttributionRun[] | null>>();
  readonly #runs = new Map<string, readonly AttributionRun[]>();
  #phase: Phase = { kind: "waiting" };
  #attempt = 0; // an answer to an older one is too late

  constructor(replica: WaveletReplica, options: AttributionOptions) {
    this.#replica = replica;
    this.#options = options;
    replica.subscribe((event) => this.#take(event));
    effect(() => {
      if (replica.unsaved.value === 0) this.#begin();
    });
    if (replica.version === 0) this.#ownEverything();
  }

  /** The runs of a document; null while they are not known. The same signal for the same document. */
  of(doc: string): ReadonlySignal<readonly AttributionRun[] | null> {
    let found = this.#documents.get(doc);
    if (found === undefined) {
      found = signal(this.#phase.kind === "known" ? (this.#runs.get(doc) ?? []) : null);
      this.#documents.set(doc, found);
    }
    return found;
  }

  #take(event: ReplicaEvent): void {
    switch (event.kind) {
      case "operations":
        this.#note(event);
        break;
      case "replaced":
        this.#forget();
        this.#begin();
        break;
      case "acknowledged": // a sign of life: what failed may succeed now
        this.#begin();
        break;
      case "refused":
      case "ended":
        break;
    }
  }

  #note(event: Operations): void {
    const version = event.origin.kind === "remote" ? event.origin.version : this.#replica.version + 1;
    if (this.#phase.kind === "known") this.#advance(event, version);
    else if (this.#phase.kind === "fetching")
      this.#phase = { kind: "fetching", since: [...this.#phase.since, { event, version }] };
    else if (event.origin.kind === "remote") this.#begin();
  }

  /** A wavelet that begins here: whatever is in it was written here. */
  #ownEverything(): void {
    const author = this.#options.self();
    if (author === null) return;
    for (const id of this.#replica.documentIds)
      this.#runs.set(id, wholly(this.#replica.document(id)?.size ?? 0, { author, version: 1 }));
    this.#known();
  }

  #begin(): void {
    if (this.#phase.kind !== "waiting" || this.#replica.unsaved.peek() !== 0 || this.#replica.version === 0) return;
    this.#phase = { kind: "fetching", since: [] };
    this.#attempt += 1;
    void this.#fetch(this.#attempt);
  }

  async #fetch(attempt: number): Promise<void> {
    const { version, name } = this.#replica;
    try {
      const found = await this.#options.fetch(name, version);
      if (attempt === this.#attempt && this.#phase.kind === "fetching") this.#accept(found, version, this.#phase.since);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Without it the text is shown as nobody's in particular; the next sign of life asks again.
      if (attempt === this.#attempt) this.#phase = { kind: "waiting" };
    }
  }

  #accept(found: WaveletAttribution, version: number, since: readonly { event: Operations; version: number }[]): void {
    if (found.version !== version) {
      this.#forget();
      return;
    }
    this.#runs.clear();
    for (const [id, runs] of found.documents) this.#runs.set(id, runs);
    this.#phase = { kind: "known" };
    for (const noted of since) this.#advance(noted.event, noted.version);
    if (this.#phase.kind === "known" && this.#fits()) this.#known();
    else this.#forget();
  }

  #advance(event: Operations, version: number): void {
    const author = event.origin.kind === "remote" ? event.origin.author : this.#options.self();
    if (author === null) {
      this.#forget();
      return;
    }
    try {
      for (const operation of event.operations) {
        if (!("doc" in operation)) continue;
        const runs = advanced(this.#runs.get(operation.doc) ?? [], operation.op, { author, version });
        this.#runs.set(operation.doc, runs);
        const shown = this.#documents.get(operation.doc);
        if (shown !== undefined) shown.value = runs;
      }
    } catch (error) {
      if (!(error instanceof AttributionMismatch)) throw error;
      this.#forget();
    }
  }

  /** Whether the runs are of the documents that are there. */
  #fits(): boolean {
    return [...this.#replica.documentIds].every(
      (id) => itemsOf(this.#runs.get(id) ?? []) === this.#replica.document(id)?.size,
    );
  }

  #known(): void {
    this.#phase = { kind: "known" };
    // Together: what counts over all documents, such as what is unread, is counted once.
    batch(() => {
      for (const [id, shown] of this.#documents) shown.value = this.#runs.get(id) ?? [];
    });
  }

  #forget(): void {
    this.#attempt += 1;
    this.#phase = { kind: "waiting" };
    this.#runs.clear();
    for (const shown of this.#documents.values()) shown.value = null;
  }
}

const attributions = new WeakMap<WaveletReplica, ReplicaAttribution>();

/**
 * Who wrote a document: its runs, null while that is not known. Fetched once for each replica, advanced by its events.
 * It may be called anywhere, any number of times.
 */
export function attributionOf(replica: WaveletReplica, doc: string): ReadonlySignal<readonly AttributionRun[] | null> {
  let found = attributions.get(replica);
  if (found === undefined) {
    found = new ReplicaAttribution(replica, { self: () => self.peek(), fetch: fetchAttribution });
    attributions.set(replica, found);
  }
  return found.of(doc);
}
