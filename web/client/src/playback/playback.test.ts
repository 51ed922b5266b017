import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { ApiError } from "../app/api";
import { type DocOp, WaveDocument, type WaveletOperation } from "../ot";
import { documents, operationBy, plans } from "../ot/testing/arbitraries";
import { framesOf } from "./frames";
import { played } from "./pace";
import { Playback, type Ticker } from "./playback";
import { PastStates } from "./states";
import { type MadeHistory, MadeSource, madeHistory, timelineOf, told } from "./testing";

const AUTHORS = ["anna@a.test", "ben@b.test", "eve@c.test"];

/** Random histories of two documents and of participants who come and go. */
const histories: fc.Arbitrary<MadeHistory> = fc
  .tuple(
    documents,
    fc.array(fc.tuple(fc.constantFrom("b+1", "b+2"), plans, fc.nat(2), fc.boolean()), { minLength: 1, maxLength: 60 }),
  )
  .map(([first, steps]) => {
    const docs = new Map<string, WaveDocument>([["b+1", WaveDocument.fromOp(first)]]);
    const present = new Set(["anna@a.test"]);
    const opening: WaveletOperation[] = [{ add: "anna@a.test" }, { doc: "b+1", op: first }];
    const later = steps.map(([id, plan, who, comes]) => {
      const document = docs.get(id) ?? WaveDocument.empty();
      docs.set(id, document);
      const op: DocOp = operationBy(plan, document.toOp());
      document.apply(op);
      const author = AUTHORS[who] ?? "";
      const operations: WaveletOperation[] = [{ doc: id, op }];
      if (comes) operations.push(present.has(author) ? { remove: author } : { add: author });
      if (comes && !present.delete(author)) present.add(author);
      return { author, operations };
    });
    return madeHistory([{ author: "anna@a.test", operations: opening }, ...later]);
  });

/** Typing, one character a delta. */
function typing(count: number): MadeHistory {
  const made = Array.from({ length: count }, (_, at) => ({
    author: AUTHORS[Math.floor(at / 10) % 3] ?? "",
    operations: [{ doc: "b+1", op: at === 0 ? [{ chars: "😀" }] : [{ retain: at }, { chars: "😀" }] }],
  }));
  return madeHistory(made);
}

/** A ticker that ticks when the test says so. */
class Ticks {
  #tick: ((elapsed: number) => void) | null = null;
  readonly ticker: Ticker = (tick) => {
    this.#tick = tick;
    return () => {
      this.#tick = null;
    };
  };
  get running(): boolean {
    return this.#tick !== null;
  }
  pass(elapsed: number): void {
    this.#tick?.(elapsed);
  }
}

async function exact(playback: Playback): Promise<void> {
  await vi.waitFor(() => expect(playback.shown.value.exact).toBe(true), { interval: 1 });
}

afterEach(() => {
  vi.useRealTimers();
});

test("what playback shows at a version is the state at that version, wherever one comes from", async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 7 }),
      async (history, visits, every) => {
        const source = new MadeSource(history, every);
        const playback = new Playback(source, await source.timeline(), new Ticks().ticker);
        for (const visit of visits) {
          playback.seek(visit % (playback.timeline.version + 1));
          await exact(playback);
          const { state } = playback.shown.value;
          expect(state.version).toBe(playback.version.value);
          const expected = history.states.find((each) => each.version === state.version);
          expect(expected && told(state)).toEqual(expected && told(expected));
          expect(expected).toBeDefined();
        }
        playback.dispose();
      },
    ),
    { numRuns: 40 },
  );
});

test("every change of a long history can be stepped through, back and forth, though its timeline is coarse", async () => {
  const history = typing(700);
  const source = new MadeSource(history, 60);
  const playback = new Playback(source, await source.timeline(), new Ticks().ticker);
  await exact(playback);
  playback.seek(300);
  await exact(playback);
  for (const direction of [1, -1] as const) {
    for (let count = 0; count < 30; count += 1) {
      const before = playback.version.value;
      playback.step(direction);
      expect(playback.version.value).toBe(before + direction);
      await exact(playback);
      expect(playback.shown.value.delta?.version).toBe(playback.version.value);
    }
  }
  playback.dispose();
});

test("while a state is fetched the nearest one at hand is shown", async () => {
  const source = new MadeSource(typing(3_000), 20);
  const playback = new Playback(source, await source.timeline(), new Ticks().ticker);
  await exact(playback);
  playback.seek(1_500);
  const { exact: there, state } = playback.shown.value;
  expect(there).toBe(false);
  expect(state.documents.get("b+1")?.size).toBe(state.version);
  await exact(playback);
  expect(playback.shown.value.state.version).toBe(1_500);
  playback.dispose();
});

test("dragging over a long history asks for few places, the last one among them", async () => {
  const source = new MadeSource(typing(3_000), 10);
  const playback = new Playback(source, await source.timeline(), new Ticks().ticker);
  await exact(playback);
  const before = source.asked.length;
  for (let version = 2_900; version >= 100; version -= 20) playback.seek(version);
  await exact(playback);
  expect(playback.shown.value.state.version).toBe(100);
  expect(source.asked.length - before).toBeLessThan(12);
  playback.dispose();
});

test("the change that led to a version is told, with what it inserted", async () => {
  const source = new MadeSource(typing(40));
  const playback = new Playback(source, await source.timeline(), new Ticks().ticker);
  playback.seek(23);
  await exact(playback);
  const { delta, written } = playback.shown.value;
  expect(delta?.author).toBe("eve@c.test");
  expect(written.get("b+1")).toEqual([{ from: 22, to: 23 }]);
  playback.seek(0);
  await exact(playback);
  expect(playback.shown.value.delta).toBeNull();
  playback.dispose();
});

test("playing goes from the beginning to the end and stops there", async () => {
  const source = new MadeSource(typing(30));
  const ticks = new Ticks();
  const playback = new Playback(source, await source.timeline(), ticks.ticker);
  await exact(playback);
  playback.speed.value = 1;
  playback.play();
  expect(playback.version.value).toBe(0);
  const seen: number[] = [];
  while (ticks.running) {
    await exact(playback);
    ticks.pass(500);
    seen.push(playback.version.value);
  }
  expect(seen.at(-1)).toBe(30);
  expect(playback.state.value).toBe("paused");
  expect(new Set(seen).size).toBe(31); // one change a second, looked at twice a second
});

test("a failed request is told, and made again", async () => {
  vi.useFakeTimers();
  const source = new MadeSource(typing(30));
  const timeline = await source.timeline();
  source.failure = new ApiError(0, "offline", "no connection");
  const playback = new Playback(source, timeline, new Ticks().ticker);
  await vi.waitFor(() => expect(playback.failure.value?.code).toBe("offline"));
  source.failure = null;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(playback.shown.value.exact).toBe(true);
  expect(playback.failure.value).toBeNull();
  playback.dispose();
});

test("frames follow each other without gap, and only the last is short", () => {
  const history = typing(1_003);
  for (const every of [1, 7, 60, 400]) {
    const frames = framesOf(timelineOf(history, every).points);
    expect(frames[0]?.from).toBe(0);
    expect(frames.at(-1)?.to).toBe(1_003);
    frames.forEach((frame, index) => {
      if (index > 0) expect(frame.from).toBe(frames[index - 1]?.to);
      if (index < frames.length - 1) expect(frame.to - frame.from).toBeGreaterThanOrEqual(250);
      expect(frame.to - frame.from).toBeLessThan(250 + every + 1);
    });
  }
});

test("a state that was shown can be shown again without asking", async () => {
  const source = new MadeSource(typing(600), 5);
  const states = new PastStates(source, await source.timeline());
  await states.load(400);
  const asked = source.asked.length;
  expect(states.at(400)?.state.version).toBe(400);
  expect(states.at(300)?.state.version).toBe(300);
  expect(states.at(400)?.delta?.version).toBe(400);
  expect(source.asked.length).toBe(asked);
});

test("pauses of people are cut short, and what happened at one time is seen one after the other", () => {
  const points = [10, 10, 3_600_000].map((timestamp, index) => ({ version: index + 1, timestamp, author: "a" }));
  const next = (version: number) => points[version] ?? null;
  expect(played(next, { version: 0, timestamp: 0 }, 19)).toEqual({ version: 0, left: 19 });
  expect(played(next, { version: 0, timestamp: 0 }, 45)).toEqual({ version: 2, left: 5 });
  expect(played(next, { version: 2, timestamp: 10 }, 999)).toEqual({ version: 2, left: 999 });
  expect(played(next, { version: 2, timestamp: 10 }, 1_001)).toEqual({ version: 3, left: 0 });
});
