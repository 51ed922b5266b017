import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  continueAfter,
  newConversation,
  privateReply,
  readConversation,
  replyTo,
  userWaveletPath,
} from "../conversation";
import type { DocOp, WaveletOperation } from "../ot";
import type { Happening } from "./announcements";
import { nextUnread } from "./places";
import { SEND_AFTER } from "./reading";
import { FakeReplica, FakeWave } from "./testing";

const ALICE = "alice@a.test";
const BOB = "bob@a.test";
const WAVE = "a.test/w+1";
const ROOT = `${WAVE}/~/conv+root`;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A wave with the blips b+1, b+2 (a reply to it) and b+3, opened by Alice. */
function opened() {
  const root = new FakeReplica(ROOT, newConversation(ALICE, "b+1", "Title 😀\nmore"));
  root.apply(replyTo(manifestOf(root), "b+1", "b+2", { inline: false }));
  root.apply(continueAfter(manifestOf(root), "b+1", "b+3"));
  root.apply([{ add: BOB }]);
  const fake = new FakeWave(WAVE, ALICE, [root]);
  return { root, fake, model: fake.model() };
}

function manifestOf(replica: FakeReplica) {
  const manifest = readConversation(replica.document("conversation"));
  if (manifest === null) throw new Error("there is no manifest");
  return manifest;
}

/** "!" typed at the end of a blip. */
function typing(replica: FakeReplica, blip: string): readonly WaveletOperation[] {
  const size = replica.document(blip)?.size ?? 0;
  return [{ doc: blip, op: [{ retain: size - 1 }, { chars: "!" }, { retain: 1 }] }];
}

function readingData(entries: Readonly<Record<string, number>>): readonly WaveletOperation[] {
  const blips = Object.entries(entries).flatMap(
    ([i, v]): DocOp => [{ start: ["blip", { i, v: String(v) }] }, { end: true }],
  );
  return [{ doc: "m/read", op: [{ start: ["wavelet", { i: "a.test!conv+root" }] }, ...blips, { end: true }] }];
}

const ids = (places: readonly { readonly blip: { readonly id: string } }[]) => places.map(({ blip }) => blip.id);

describe("an open wave", () => {
  it("follows its title, people and blips as they change", () => {
    const { root, model } = opened();
    expect(model.root.value?.title.value).toBe("Title 😀");
    expect(ids(model.places.value)).toEqual(["b+1", "b+2", "b+3"]);
    root.receive(BOB, continueAfter(manifestOf(root), "b+3", "b+4"));
    root.receive(BOB, [{ doc: "b+1", op: [{ retain: 3 }, { chars: "A " }, { retain: 14 }] }]);
    root.receive(BOB, [{ add: "carol@a.test" }]);
    expect(model.root.value?.title.value).toBe("A Title 😀");
    expect(ids(model.places.value)).toEqual(["b+1", "b+2", "b+3", "b+4"]);
    expect(model.root.value?.participants.value).toEqual([ALICE, BOB, "carol@a.test"]);
  });

  it("has a private reply after the blip that it belongs to, and a stray one at the end", () => {
    const { root, fake, model } = opened();
    const parent = { wave: WAVE, domain: "a.test", id: "conv+root" };
    const common = { author: BOB, participants: [ALICE], parent, parentVersion: 3, conversation: manifestOf(root) };
    const one = new FakeReplica(`${WAVE}/~/conv+p`, privateReply({ ...common, blip: "b+p", anchorBlip: "b+1" }));
    const stray = new FakeReplica(`${WAVE}/b.test/conv+q`, newConversation(BOB, "b+q"));
    fake.wavelets.value = [stray, root, one];
    expect(ids(model.places.value)).toEqual(["b+1", "b+2", "b+p", "b+3", "b+q"]);
    const rootModel = model.root.value;
    expect(rootModel && model.privateRepliesAt(rootModel, "b+1").map(({ replica }) => replica.name)).toEqual([
      one.name,
    ]);
  });

  it("keeps the models of wavelets that stay, and lets go of those that go", () => {
    const { root, fake, model } = opened();
    const other = new FakeReplica(`${WAVE}/~/conv+2`, newConversation(BOB, "b+x"));
    const before = model.root.value;
    fake.wavelets.value = [root, other];
    fake.wavelets.value = [root];
    expect(model.root.value).toBe(before);
    expect(other.listeners).toBe(0);
    model.close();
    expect(root.listeners).toBe(0);
    expect(fake.closed).toBe(true);
  });

  it("keeps what was there to be read when this person is removed, until they are added again", () => {
    const { root, fake, model } = opened();
    root.end("you are no longer a participant");
    fake.wavelets.value = [];
    fake.state.value = "missing";
    expect(ids(model.places.value)).toEqual(["b+1", "b+2", "b+3"]);
    expect(model.root.value?.ended.value).toBe("you are no longer a participant");
    fake.wavelets.value = [new FakeReplica(ROOT, newConversation(BOB, "b+1", "Anew"))];
    expect(model.root.value?.ended.value).toBeNull();
    expect(ids(model.places.value)).toEqual(["b+1"]);
  });

  it("says that this person is here, also while they only read", () => {
    const { fake } = opened();
    expect(fake.placed).toEqual([`${ROOT} conversation 0 0`]);
  });

  it("knows who else is here by their cursors, each once", () => {
    const { fake, model } = opened();
    const cursor = { wavelet: ROOT, author: BOB, doc: "b+1", anchor: 3, head: 3, seen: 0 };
    fake.cursors.value = [cursor, { ...cursor, doc: "conversation" }, { ...cursor, author: ALICE }];
    expect(model.here.value).toEqual([BOB]);
    expect(fake.placed).toHaveLength(2); // once more, for who has just come
    fake.cursors.value = [{ ...cursor, anchor: 4 }];
    expect(fake.placed).toHaveLength(2);
    fake.cursors.value = [cursor, { ...cursor, doc: "conversation" }, { ...cursor, author: ALICE }];
    expect(model.cursorsIn(`${ROOT} b+1`).value).toHaveLength(2);
    expect(model.cursorsIn(`${ROOT} b+2`).value).toEqual([]);
  });

  it("makes somebody who sees it through their domain a participant with what they write first", () => {
    const root = new FakeReplica(ROOT, newConversation(BOB, "b+1"));
    const model = new FakeWave(WAVE, ALICE, [root]).model();
    model.root.value?.replica.apply(typing(root, "b+1"));
    model.root.value?.replica.apply(typing(root, "b+1"));
    expect(root.participants).toEqual([BOB, ALICE]);
  });
});

describe("what is unread", () => {
  it("is what others changed above the mark, before the wave was opened and since", () => {
    const { root, fake, model } = opened();
    expect(model.unread.value).toEqual([]);
    fake.attribution(root, "b+2").value = [{ items: 3, author: BOB, version: 5 }];
    fake.attribution(root, "b+3").value = [{ items: 3, author: ALICE, version: 6 }];
    expect(ids(model.unread.value)).toEqual(["b+2"]);
    root.receive(BOB, typing(root, "b+3"));
    expect(ids(model.unread.value)).toEqual(["b+2", "b+3"]);
  });

  it("goes with the marks of the user's data, whenever they come", () => {
    const { root, fake, model } = opened();
    fake.attribution(root, "b+2").value = [{ items: 3, author: BOB, version: 5 }];
    const data = new FakeReplica(userWaveletPath(WAVE, ALICE), [{ add: ALICE }]);
    fake.wavelets.value = [root, data];
    expect(ids(model.unread.value)).toEqual(["b+2"]);
    data.receive(ALICE, readingData({ "b+2": 5 }));
    expect(model.unread.value).toEqual([]);
    root.receive(BOB, typing(root, "b+2"));
    expect(ids(model.unread.value)).toEqual(["b+2"]);
  });

  it("is read here at once, sent a little later in one piece, and sent again when that failed", async () => {
    const { root, fake, model } = opened();
    root.receive(BOB, [...typing(root, "b+2"), ...typing(root, "b+3")]);
    fake.failing = true;
    for (const place of model.unread.value) model.markRead(place);
    expect(model.unread.value).toEqual([]);
    expect(fake.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(SEND_AFTER);
    fake.failing = false;
    fake.connection.value = "offline";
    fake.connection.value = "online";
    await vi.advanceTimersByTimeAsync(0);
    expect(fake.sent).toEqual([{ [ROOT]: { "b+2": root.version, "b+3": root.version } }]);
  });

  it("keeps its bars until the reader goes on, but what changes before their eyes gets none", () => {
    const { root, fake, model } = opened();
    fake.attribution(root, "b+2").value = [{ items: 3, author: BOB, version: 5 }];
    model.setOnScreen(`${ROOT} b+3`, true);
    root.receive(BOB, typing(root, "b+3"), Date.now());
    expect(model.since(`${ROOT} b+2`).value).toBe(0);
    expect(model.since(`${ROOT} b+3`).value).toBeNull();
    for (const place of model.unread.value) model.markRead(place);
    expect(model.since(`${ROOT} b+2`).value).toBe(0);
    model.leaveBehind(`${ROOT} b+2`);
    expect(model.since(`${ROOT} b+2`).value).toBeNull();
  });

  it("gets bars for what was changed while a kept copy was all there was, though it is on screen", () => {
    const { root, fake, model } = opened();
    model.setOnScreen(`${ROOT} b+3`, true);
    fake.connection.value = "offline";
    vi.advanceTimersByTime(60_000);
    const meanwhile = Date.now() - 30_000;
    fake.connection.value = "online";
    root.receive(BOB, typing(root, "b+3"), meanwhile);
    expect(model.since(`${ROOT} b+3`).value).toBe(0);
  });

  it("is gone through in reading order from where the reader is, and then from the top", () => {
    const { root, model } = opened();
    root.receive(BOB, [...typing(root, "b+1"), ...typing(root, "b+2"), ...typing(root, "b+3")]);
    const [places, unread] = [model.places.value, model.unread.value];
    expect(nextUnread(places, unread, null)?.blip.id).toBe("b+1");
    expect(nextUnread(places, unread, `${ROOT} b+2`)?.blip.id).toBe("b+3");
    expect(nextUnread(places, unread, `${ROOT} b+3`)?.blip.id).toBe("b+1");
    expect(nextUnread(places, unread.slice(0, 1), `${ROOT} b+1`)).toBeUndefined();
  });
});

describe("what others do", () => {
  it("is told as what happened, not as operations", () => {
    const { root, model } = opened();
    const told: Happening[] = [];
    model.onHappenings((happenings) => told.push(...happenings));
    root.receive(BOB, continueAfter(manifestOf(root), "b+3", "b+4"));
    root.receive(BOB, [{ remove: BOB }]);
    root.apply(typing(root, "b+1"));
    expect(told.map(({ kind }) => kind)).toEqual(["replied", "wrote", "left"]);
  });
});
