import { expect, test, vi } from "vitest";
import { ReplicaEnded } from "./errors";
import { Replica, type ReplicaHost } from "./replica";
import type { Draft, Operations, ReplicaEvent } from "./types";
import { textOf, type } from "./worldForTests";

const ANNA = "anna@example.com";
const BEN = "ben@example.com";

function made(text: string) {
  let keys = 0;
  const drafts: Draft[] = [];
  const failures: unknown[] = [];
  const host: ReplicaHost = {
    author: ANNA,
    newKey: () => {
      keys += 1;
      return `k${keys}`;
    },
    now: () => 7,
    changed: vi.fn(),
    advanced: vi.fn(),
    replaced: vi.fn(),
    drafted: (given) => drafts.push(...given),
    failed: (error) => failures.push(error),
  };
  const state = {
    version: { version: 1, hash: "h1" },
    participants: [ANNA, BEN],
    documents: { "b+1": [{ chars: text }] },
  };
  return { replica: new Replica("example.com/w+a/~/conv+root", state, host), host, drafts, failures };
}

function fromBen(replica: Replica, operations: Operations): void {
  const at = replica.version;
  const to = { version: at + operations.length, hash: `h${at + operations.length}` };
  replica.receive({ author: BEN, operations, landing: { at, to }, timestamp: 5, key: null });
}

test("an edit of which a part does not apply changes nothing", () => {
  const { replica } = made("Hello");
  const events: ReplicaEvent[] = [];
  replica.subscribe((event) => events.push(event));
  const good = { doc: "b+1", op: [{ retain: 5 }, { chars: "😀" }] };
  expect(() => replica.apply([good, { doc: "b+1", op: [{ retain: 99 }] }])).toThrow();
  expect(() => replica.apply([good, { add: BEN }])).toThrow("participant already");
  expect(textOf(replica, "b+1")).toBe("Hello");
  expect(replica.participants).toEqual([ANNA, BEN]);
  expect(replica.unsaved.value).toBe(0);
  expect(events).toEqual([]);
});

test("a listener that edits in answer lets everybody hear of everything in order, before it goes on", () => {
  const { replica } = made("a");
  const heard: string[] = [];
  replica.subscribe((event) => {
    if (event.kind !== "operations" || event.origin.kind === "local") return;
    type(replica, "b+1", 0, "!");
    heard.push("edited");
  });
  replica.subscribe((event) => event.kind === "operations" && heard.push(event.origin.kind));
  fromBen(replica, [{ doc: "b+1", op: [{ retain: 1 }, { chars: "b" }] }]);
  expect(heard).toEqual(["remote", "local", "edited"]);
  expect(textOf(replica, "b+1")).toBe("!ab");
  expect(replica.inFlight?.operations).toEqual([{ doc: "b+1", op: [{ chars: "!" }, { retain: 2 }] }]);
});

test("a listener that fails does not disturb the others", () => {
  const { replica, failures } = made("a");
  const heard: string[] = [];
  replica.subscribe(() => {
    throw new Error("no");
  });
  replica.subscribe((event) => heard.push(event.kind));
  type(replica, "b+1", 1, "b");
  expect(heard).toEqual(["operations"]);
  expect(failures).toHaveLength(1);
});

test("documents that are empty are not listed, and participants come and go in order", () => {
  const { replica } = made("a");
  fromBen(replica, [{ doc: "b+1", op: [{ delchars: "a" }] }, { add: "eve@example.com" }, { remove: BEN }]);
  expect([...replica.documentIds]).toEqual([]);
  expect(replica.participants).toEqual([ANNA, "eve@example.com"]);
});

test("what has ended takes no edits, and what was pending is a draft", () => {
  const { replica, drafts } = made("a");
  const events: ReplicaEvent[] = [];
  type(replica, "b+1", 1, "𝒜");
  replica.subscribe((event) => events.push(event));
  replica.end("forbidden", "you are no longer a participant");
  expect(events.map(({ kind }) => kind)).toEqual(["refused", "ended"]);
  expect(drafts).toMatchObject([{ text: "𝒜", reason: "forbidden", at: 7 }]);
  expect(replica.ended).toBe(true);
  expect(() => type(replica, "b+1", 0, "x")).toThrow(ReplicaEnded);
});
