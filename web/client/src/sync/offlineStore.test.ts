import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { storedState } from "./keeper";
import { forgetCopies, OfflineStore, type Writes } from "./offlineStore";
import { advanced, chain, type StoredDelta, type StoredWork, workAfter } from "./storedCopies";

const ANNA = "anna@example.com";
const WAVE = "example.com/w+abc";
const NAME = `${WAVE}/~/conv+root`;
const NOTHING: Writes = { states: [], deltas: [], work: [], done: [], drafts: [], forgotten: [] };

let store: OfflineStore;

beforeEach(async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  store = await OfflineStore.open(ANNA);
});

function state(version: number, text: string) {
  const documents = { "b+1": [{ chars: text }] };
  return storedState(NAME, { version: { version, hash: `h${version}` }, participants: [ANNA], documents }, version);
}

/** The delta at `at` inserts `text` at the end of a document of `size` items. */
function delta(at: number, text: string, size: number, key: string | null = null): StoredDelta {
  return {
    wavelet: NAME,
    at,
    author: ANNA,
    operations: [{ doc: "b+1", op: [{ retain: size }, { chars: text }] }],
    landing: { at, to: { version: at + 1, hash: `h${at + 1}` } },
    timestamp: at,
    key,
  };
}

function work(owner: string, version: number): StoredWork {
  const operations = [{ doc: "b+1", op: [{ retain: 1 }, { chars: "x" }] }];
  const submissions = [{ key: `${owner}-1`, operations, edits: 1, sealed: false }];
  const base = { version, hash: `h${version}` };
  return { id: `${owner}/${NAME}`, owner, wavelet: NAME, wave: WAVE, base, submissions, written: 1 };
}

async function found() {
  const [first] = await store.wave(WAVE);
  return first;
}

test("a wave is found as its state and the deltas after it, which make the latest state", async () => {
  await store.write({ ...NOTHING, states: [{ state: state(3, "a"), replaces: false }] });
  await store.write({ ...NOTHING, deltas: [delta(3, "😀", 1), delta(4, "c", 2), delta(9, "far", 3)] });
  const wavelet = await found();
  if (wavelet === undefined) throw new Error("not found");
  const links = chain(wavelet.deltas, 3) ?? [];
  expect(links.map(({ at }) => at)).toEqual([3, 4]);
  expect(advanced(wavelet.state, links)).toMatchObject({
    version: { version: 5, hash: "h5" },
    documents: { "b+1": [{ chars: "a😀c" }] },
  });
  expect(await store.wave("example.com/w+other")).toEqual([]);
});

test("a later state takes the place of an earlier one and its deltas, and not the other way round", async () => {
  await store.write({ ...NOTHING, states: [{ state: state(3, "a"), replaces: false }], deltas: [delta(3, "b", 1)] });
  await store.write({ ...NOTHING, states: [{ state: state(4, "ab"), replaces: false }], deltas: [delta(4, "c", 2)] });
  expect((await found())?.deltas.map(({ at }) => at)).toEqual([4]);
  await store.write({ ...NOTHING, states: [{ state: state(2, "old"), replaces: false }] });
  expect((await found())?.state.version.version).toBe(4);
});

test("deltas are kept as far back as work needs them, and some way behind the state", async () => {
  await store.write({ ...NOTHING, states: [{ state: state(3, "a"), replaces: false }], work: [work("t1", 3)] });
  await store.write({ ...NOTHING, deltas: [delta(3, "b", 1), delta(1500, "c", 2), delta(2500, "d", 3)] });
  await store.write({ ...NOTHING, states: [{ state: state(3000, "abcd"), replaces: false }] });
  expect((await store.deltas(NAME)).map(({ at }) => at)).toEqual([3, 1500, 2500]);
  await store.write({ ...NOTHING, work: [{ ...work("t1", 3), submissions: [] }] });
  await store.write({ ...NOTHING, states: [{ state: state(3001, "abcd"), replaces: false }] });
  expect((await store.deltas(NAME)).map(({ at }) => at)).toEqual([2500]);
  expect(await found()).toMatchObject({ state: { version: { version: 3001 } }, deltas: [] });
  expect(await store.work()).toEqual([]);
});

test("a state that replaces a history takes everything of it away", async () => {
  await store.write({ ...NOTHING, states: [{ state: state(3, "a"), replaces: false }], deltas: [delta(3, "b", 1)] });
  await store.write({ ...NOTHING, states: [{ state: state(2, "else"), replaces: true }], deltas: [delta(2, "c", 4)] });
  const wavelet = await found();
  expect(wavelet?.state.documents).toEqual({ "b+1": [{ chars: "else" }] });
  expect(wavelet?.deltas.map(({ at }) => at)).toEqual([2]);
});

test("work is taken over once, and whole", async () => {
  await store.write({ ...NOTHING, work: [work("t1", 3), work("t2", 3)] });
  const [first, second] = await Promise.all([store.takeOver("t1", "t3"), store.takeOver("t1", "t4")]);
  expect([...first, ...second]).toHaveLength(1);
  expect((await store.work()).map(({ owner }) => owner).sort()).toEqual(["t2", "t3"]);
});

test("what cannot be written whole is not written at all", async () => {
  const unstorable = { ...delta(3, "b", 1), timestamp: (() => 0) as unknown as number };
  await expect(store.write({ ...NOTHING, work: [work("t1", 3)], deltas: [unstorable] })).rejects.toThrow();
  expect(await store.work()).toEqual([]);
});

test("work that the history holds already is left out, and the rest moves on", () => {
  const two = {
    ...work("t1", 3),
    submissions: [...work("t1", 3).submissions, { ...work("t1", 3).submissions[0], key: "t1-2" }],
  };
  const submissions = two.submissions.flatMap((submission) => (submission.key === undefined ? [] : [submission]));
  const left = workAfter(
    { ...two, submissions: submissions as StoredWork["submissions"] },
    [delta(3, "x", 1, "t1-1")],
    ANNA,
  );
  expect(left?.map(({ key }) => key)).toEqual(["t1-2"]);
});

test("work whose author was removed meanwhile cannot stand", () => {
  const removal = { ...delta(3, "", 1), operations: [{ remove: ANNA }] };
  expect(workAfter(work("t1", 3), [removal], ANNA)).toBeNull();
});

test("a chain has no gap, and ends where it is asked to", () => {
  const deltas = [delta(5, "c", 3), delta(3, "a", 1), delta(4, "b", 2)];
  expect(chain(deltas, 3, 5)?.map(({ at }) => at)).toEqual([3, 4]);
  expect(chain(deltas, 3, 3)).toEqual([]);
  expect(chain(deltas, 2, 5)).toBeNull();
  expect(chain(deltas, 3, 9)).toBeNull();
});

test("only a limited number of waves is kept, the latest used ones and those with work", async () => {
  const states = Array.from({ length: 203 }, (_, used) => {
    const name = `example.com/w+${used}/~/conv+root`;
    return { state: { ...state(3, "a"), wavelet: name, wave: `example.com/w+${used}`, used }, replaces: false };
  });
  const oldest = { ...work("t1", 3), wave: "example.com/w+0", wavelet: "example.com/w+0/~/conv+root" };
  await store.write({ ...NOTHING, states, work: [oldest] });
  await store.prune();
  const kept = await Promise.all(
    [0, 1, 2, 3].map(async (number) => (await store.wave(`example.com/w+${number}`)).length),
  );
  expect(kept).toEqual([1, 0, 0, 1]);
});

test("each person has a store of their own", async () => {
  await store.write({ ...NOTHING, work: [work("t1", 3)] });
  expect(await (await OfflineStore.open("ben@example.com")).work()).toEqual([]);
});

test("who signs out leaves no copies of waves, but what the server does not have yet", async () => {
  const finished = { ...state(3, "a"), wavelet: "example.com/w+done/~/conv+root", wave: "example.com/w+done" };
  const states = [state(3, "a"), finished].map((each) => ({ state: each, replaces: false }));
  await store.write({ ...NOTHING, states, work: [work("t1", 3)] });
  await forgetCopies(ANNA);
  expect(await store.wave("example.com/w+done")).toEqual([]);
  expect(await store.work()).toEqual([work("t1", 3)]);
  expect(await store.wave(state(3, "a").wave)).toHaveLength(1);
});
