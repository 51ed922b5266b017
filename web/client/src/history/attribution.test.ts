import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import { ApiError } from "../app/api";
import { type DocOp, WaveDocument, type WaveletOperation } from "../ot";
import type { Origin, ReplicaEvent, WaveletReplica } from "../sync";
import { ReplicaAttribution } from "./attribution";
import type { AttributionRun } from "./runs";
import type { WaveletAttribution } from "./source";

const ANNA = "anna@a.test";
const BEN = "ben@b.test";

/** A replica that a test changes by hand. */
class HandReplica implements WaveletReplica {
  readonly name = "a.test/w+1/~/conv+root";
  readonly ended = false;
  readonly participants = [ANNA, BEN];
  readonly unsaved = signal(0);
  readonly troubles = signal([]);
  readonly documents = new Map<string, WaveDocument>();
  readonly #listeners: ((event: ReplicaEvent) => void)[] = [];

  constructor(
    public version: number,
    text = "",
  ) {
    if (text !== "") this.documents.set("b+1", WaveDocument.fromOp([{ chars: text }]));
  }

  get documentIds(): Iterable<string> {
    return this.documents.keys();
  }

  document(id: string): WaveDocument | undefined {
    return this.documents.get(id);
  }

  apply(operations: readonly WaveletOperation[]): void {
    this.unsaved.value += 1;
    this.happen(operations, { kind: "local" });
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.push(listener);
    return () => undefined;
  }

  /** Somebody else's delta arrives. */
  arrive(author: string, op: DocOp): void {
    const at = this.version;
    this.version += 1;
    this.happen([{ doc: "b+1", op }], { kind: "remote", author, at, version: this.version, timestamp: 1 });
  }

  acknowledge(): void {
    this.version += 1;
    this.unsaved.value = 0;
    this.tell({ kind: "acknowledged", version: this.version, timestamp: 1 });
  }

  happen(operations: readonly WaveletOperation[], origin: Origin): void {
    for (const operation of operations) {
      if (!("doc" in operation)) continue;
      const document = this.documents.get(operation.doc) ?? WaveDocument.empty();
      document.apply(operation.op);
      this.documents.set(operation.doc, document);
    }
    this.tell({ kind: "operations", operations, origin });
  }

  tell(event: ReplicaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function run(items: number, author: string, version: number): AttributionRun {
  return { items, author, version };
}

function answer(version: number, ...runs: AttributionRun[]): WaveletAttribution {
  return { version, documents: new Map([["b+1", runs]]) };
}

/** Requests that a test answers. */
function requests() {
  const asked: { version: number; resolve: (found: WaveletAttribution) => void; reject: (error: Error) => void }[] = [];
  const fetch = (_: string, version: number): Promise<WaveletAttribution> =>
    new Promise((resolve, reject) => asked.push({ version, resolve, reject }));
  return { asked, options: { self: () => ANNA, fetch } };
}

test("what happens while the attribution is fetched is added to it", async () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "𝒜bc");
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  expect(runs.value).toBeNull();
  expect(asked[0]?.version).toBe(7);
  replica.arrive(BEN, [{ retain: 3 }, { chars: "😀" }]);
  replica.apply([{ doc: "b+1", op: [{ chars: "x" }, { retain: 4 }] }]);
  asked[0]?.resolve(answer(7, run(3, BEN, 5)));
  await vi.waitFor(() => expect(runs.value).toEqual([run(1, ANNA, 9), run(3, BEN, 5), run(1, BEN, 8)]));
});

test("edits count at once once it is known, one's own for oneself", async () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "abc");
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  asked[0]?.resolve(answer(7, run(3, BEN, 5)));
  await vi.waitFor(() => expect(runs.value).not.toBeNull());
  replica.apply([{ doc: "b+1", op: [{ retain: 1 }, { chars: "👨‍👩‍👧" }, { retain: 2 }] }]);
  expect(runs.value).toEqual([run(1, BEN, 5), run(5, ANNA, 8), run(2, BEN, 5)]);
  expect(asked).toHaveLength(1);
});

test("it is asked for when nothing is pending, and not before", () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "abc");
  replica.unsaved.value = 1;
  new ReplicaAttribution(replica, options);
  expect(asked).toHaveLength(0);
  replica.acknowledge();
  expect(asked.map((request) => request.version)).toEqual([8]);
});

test("after a snapshot took the state's place it is fetched anew, and the older answer is ignored", async () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "abc");
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  replica.version = 20;
  replica.documents.set("b+1", WaveDocument.fromOp([{ chars: "other" }]));
  replica.tell({ kind: "replaced" });
  asked[0]?.resolve(answer(7, run(3, BEN, 5)));
  asked[1]?.resolve(answer(20, run(5, ANNA, 19)));
  await vi.waitFor(() => expect(runs.value).toEqual([run(5, ANNA, 19)]));
  expect(asked.map((request) => request.version)).toEqual([7, 20]);
});

test("after a failure the next sign of life asks again", async () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "abc");
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  asked[0]?.reject(new ApiError(0, "offline", "no server"));
  await vi.waitFor(() => {
    replica.tell({ kind: "acknowledged", version: 7, timestamp: 1 });
    expect(asked).toHaveLength(2);
  });
  asked[1]?.resolve(answer(7, run(3, BEN, 5)));
  await vi.waitFor(() => expect(runs.value).toEqual([run(3, BEN, 5)]));
});

test("an answer that is not for these documents is not shown", async () => {
  const { asked, options } = requests();
  const replica = new HandReplica(7, "abc");
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  asked[0]?.resolve(answer(7, run(4, BEN, 5)));
  await vi.waitFor(() => {
    replica.tell({ kind: "acknowledged", version: 7, timestamp: 1 });
    expect(asked).toHaveLength(2);
  });
  expect(runs.value).toBeNull();
});

test("a wavelet that begins here is one's own from the first character, without asking", () => {
  const { asked, options } = requests();
  const replica = new HandReplica(0, "new");
  replica.unsaved.value = 1;
  const runs = new ReplicaAttribution(replica, options).of("b+1");
  expect(runs.value).toEqual([run(3, ANNA, 1)]);
  replica.acknowledge();
  expect(asked).toHaveLength(0);
  expect(runs.value).toEqual([run(3, ANNA, 1)]);
});
