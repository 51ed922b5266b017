import { beforeEach, expect, test } from "vitest";
import { DELTAS_KEPT, Keeper, RETRY_DELAY, storedState, WRITE_DELAY } from "./keeper";
import type { Writes } from "./offlineStore";
import { Replica, type ReplicaHost, type WaveletState } from "./replica";
import { idle, TimersForTests, type } from "./worldForTests";

const NAME = "example.com/w+abc/~/conv+root";
const ANNA = "anna@example.com";
const START: WaveletState = {
  version: { version: 3, hash: "h3" },
  participants: [ANNA],
  documents: { "b+1": [{ chars: "Hello" }] },
};

let timers: TimersForTests;
let writes: Writes[];
let finish: (() => void)[];
let failing: boolean;
let written: Replica[];
let keeper: Keeper;
let replica: Replica;

const host: ReplicaHost = {
  author: ANNA,
  newKey: () => `k${writes.length}`,
  now: () => timers.now(),
  changed: (changed) => keeper.changed(changed),
  advanced: (advanced, delta) => keeper.advanced(advanced, delta),
  replaced: (replaced, state) => keeper.keep(storedState(replaced.name, state, timers.now()), true),
  drafted: (drafts) => keeper.drafted(drafts),
  failed: (error) => {
    throw error;
  },
};

beforeEach(() => {
  timers = new TimersForTests();
  writes = [];
  finish = [];
  failing = false;
  written = [];
  const write = async (batch: Writes) => {
    writes.push(batch);
    if (failing) throw new DOMException("no room", "QuotaExceededError");
    await new Promise<void>((done) => finish.push(done));
  };
  keeper = new Keeper({ write }, "tab", timers, (of) => written.push(of));
  replica = new Replica(NAME, START, host);
});

async function finishWriting(): Promise<void> {
  for (const done of finish.splice(0)) done();
  await idle();
}

/** The history goes on by one operation of somebody else's. */
function advance(): void {
  const { version } = replica;
  replica.receive({
    author: "ben@example.com",
    operations: [{ noop: true }],
    landing: { at: version, to: { version: version + 1, hash: `h${version + 1}` } },
    timestamp: 0,
    key: null,
  });
}

test("a submission may be sent when it is written down in the words in which it is sent", async () => {
  type(replica, "b+1", 5, "!");
  expect(keeper.ready(replica)).toBe(false);
  await idle();
  expect(writes).toHaveLength(1);
  expect(keeper.ready(replica)).toBe(false);
  await finishWriting();
  expect(written).toEqual([replica]);
  expect(keeper.ready(replica)).toBe(true);
});

test("what has only been written with fewer words is written again before it is sent", async () => {
  type(replica, "b+1", 5, "!");
  type(replica, "b+1", 6, "a");
  await timers.pass(WRITE_DELAY);
  await finishWriting();
  type(replica, "b+1", 7, "b");
  const key = replica.inFlight?.key ?? "";
  replica.acknowledge(key, { at: 3, to: { version: 4, hash: "h4" } }, 0);
  expect(keeper.ready(replica)).toBe(false);
  await idle();
  expect(writes.at(-1)?.work[0]?.submissions).toMatchObject([{ edits: 2 }]);
  await finishWriting();
  expect(keeper.ready(replica)).toBe(true);
});

test("what changes soon after one another is written together, within the delay", async () => {
  type(replica, "b+1", 5, "a");
  type(replica, "b+1", 6, "b");
  expect(writes).toEqual([]);
  await timers.pass(WRITE_DELAY);
  expect(writes).toHaveLength(1);
  expect(writes[0]?.work[0]?.submissions.flatMap((submission) => submission.edits)).toEqual([1, 1]);
});

test("work and the deltas that it is based on are written in one", async () => {
  type(replica, "b+1", 5, "a");
  advance();
  await timers.pass(WRITE_DELAY);
  expect(writes[0]?.deltas.map(({ at }) => at)).toEqual([3]);
  expect(writes[0]?.work[0]?.base).toEqual({ version: 4, hash: "h4" });
});

test("a page that may end has everything written at once", async () => {
  type(replica, "b+1", 5, "a");
  const flushed = keeper.flush();
  expect(writes).toHaveLength(1);
  await idle();
  await finishWriting();
  await flushed;
  expect(timers.now()).toBe(new TimersForTests().now());
});

test("when there is no room, work goes on, and writing is tried again", async () => {
  failing = true;
  type(replica, "b+1", 5, "a");
  expect(keeper.ready(replica)).toBe(false);
  await idle();
  expect(keeper.storage.value).toBe("unavailable");
  expect(keeper.ready(replica)).toBe(true);
  failing = false;
  await timers.pass(RETRY_DELAY);
  await finishWriting();
  expect(keeper.storage.value).toBe("kept");
  expect(writes.at(-1)?.work[0]?.submissions).toHaveLength(1);
});

test("after many deltas a new state takes their place, as soon as nothing is pending on it", async () => {
  type(replica, "b+1", 5, "a");
  for (let count = 0; count < DELTAS_KEPT; count += 1) advance();
  await timers.pass(WRITE_DELAY);
  await finishWriting();
  expect(writes[0]?.states).toEqual([]);
  const { version } = replica;
  replica.acknowledge(replica.inFlight?.key ?? "", { at: version, to: { version: version + 1, hash: "last" } }, 0);
  await timers.pass(WRITE_DELAY);
  const [state] = writes.at(-1)?.states ?? [];
  expect(state?.state).toMatchObject({ version: { hash: "last" }, documents: { "b+1": [{ chars: "Helloa" }] } });
});

test("deltas of a history that the server has replaced are not written", async () => {
  advance();
  replica.replace({ ...START, version: { version: 9, hash: "other" } });
  await timers.pass(WRITE_DELAY);
  expect(writes[0]?.deltas).toEqual([]);
  expect(writes[0]?.states).toMatchObject([{ replaces: true, state: { version: { hash: "other" } } }]);
});
