import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import { REFUSED, ServerForTests } from "./serverForTests";
import type { ReplicaEvent } from "./types";
import { BrowserForTests, firstOf, idle, textOf, type } from "./worldForTests";

const ANNA = "anna@example.com";
const BEN = "ben@example.com";
const WAVE = "example.com/w+abc";
const NAME = `${WAVE}/~/conv+root`;

let server: ServerForTests;
let browser: BrowserForTests;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  server = new ServerForTests(ANNA);
  browser = new BrowserForTests(server);
  server.change(ANNA, NAME, [{ add: ANNA }, { add: BEN }, { doc: "b+1", op: [{ chars: "Hello" }] }]);
});

async function opened() {
  const tab = await browser.tab(ANNA);
  const view = tab.client.open(WAVE);
  await tab.timers.pass(100);
  return { tab, view, replica: firstOf(view) };
}

test("an edit shows at once, and is saved when the server has acknowledged it", async () => {
  const { tab, view, replica } = await opened();
  expect(view.state.value).toBe("open");
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
  server.flowing = false;
  type(replica, "b+1", 5, " 😀");
  expect(textOf(replica, "b+1")).toBe("Hello 😀");
  await idle();
  server.hear();
  expect(server.text(NAME, "b+1")).toBe("Hello 😀");
  expect(tab.client.saveState.value).toEqual({ kind: "saving", changes: 1 });
  server.settle();
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
});

test("what is typed while a submission is in flight goes out as one", async () => {
  const { replica } = await opened();
  server.flowing = false;
  for (const [index, letter] of [..." wörld"].entries()) {
    type(replica, "b+1", 5 + index, letter);
    await idle();
  }
  server.settle();
  await idle();
  server.settle();
  expect(server.text(NAME, "b+1")).toBe("Hello wörld");
  expect(server.received.filter((message) => message.type === "submit")).toHaveLength(2);
  expect(replica.unsaved.value).toBe(0);
});

test("others' changes are told with their author, transformed over what is pending", async () => {
  const { replica } = await opened();
  const events: ReplicaEvent[] = [];
  replica.subscribe((event) => events.push(event));
  server.flowing = false;
  type(replica, "b+1", 0, "𝒜");
  server.change(BEN, NAME, [{ doc: "b+1", op: [{ retain: 5 }, { chars: "!" }] }]);
  server.flowing = true;
  server.settle();
  expect(textOf(replica, "b+1")).toBe("𝒜Hello!");
  expect(events.filter((event) => event.kind === "operations").at(-1)).toEqual({
    kind: "operations",
    operations: [{ doc: "b+1", op: [{ retain: 6 }, { chars: "!" }] }],
    origin: { kind: "remote", author: BEN, at: 3, version: 4, timestamp: 1004 },
  });
});

test("a lost acknowledgement does not double the edit", async () => {
  const { tab, replica } = await opened();
  server.flowing = false;
  type(replica, "b+1", 5, "!");
  await idle();
  server.hear();
  server.cut();
  server.flowing = true;
  await tab.timers.pass(1000);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
  expect(textOf(replica, "b+1")).toBe("Hello!");
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
  type(replica, "b+1", 6, "?");
  await tab.timers.pass(100);
  expect(server.text(NAME, "b+1")).toBe("Hello!?");
});

test("a server that is away for a while gets what was typed meanwhile, merged", async () => {
  const { tab, replica } = await opened();
  server.up = false;
  server.cut(1001);
  await tab.timers.pass(2000);
  expect(tab.client.connection.value).toBe("offline");
  type(replica, "b+1", 5, "!");
  type(replica, "b+1", 0, "👩‍👩‍👧 ");
  expect(tab.client.saveState.value).toEqual({ kind: "offline", changes: 2 });
  server.change(BEN, NAME, [{ doc: "b+1", op: [{ retain: 5 }, { chars: "?" }] }]);
  server.up = true;
  await tab.timers.pass(20_000);
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
  expect(server.text(NAME, "b+1")).toBe("👩‍👩‍👧 Hello!?");
  expect(textOf(replica, "b+1")).toBe("👩‍👩‍👧 Hello!?");
});

test("a tab closed without a connection leaves its work to the next one, exactly once", async () => {
  const { tab, replica } = await opened();
  server.up = false;
  server.cut();
  type(replica, "b+1", 5, " one");
  type(replica, "b+1", 9, " two");
  await tab.timers.pass(100);
  tab.kill();
  const later = await browser.tab(ANNA);
  await idle();
  expect(later.client.saveState.value).toMatchObject({ changes: 2 });
  const view = later.client.open(WAVE);
  await idle();
  expect(view.state.value).toBe("offline-copy");
  expect(textOf(firstOf(view), "b+1")).toBe("Hello one two");
  server.change(BEN, NAME, [{ doc: "b+1", op: [{ chars: "> " }, { retain: 5 }] }]);
  server.up = true;
  await later.timers.pass(20_000);
  expect(server.text(NAME, "b+1")).toBe("> Hello one two");
  expect(later.client.saveState.value).toEqual({ kind: "saved" });
  later.kill();
  const third = await browser.tab(ANNA);
  await third.timers.pass(1000);
  expect(server.text(NAME, "b+1")).toBe("> Hello one two");
});

test("work that had reached the server before the tab died is not sent as new", async () => {
  const { tab, replica } = await opened();
  server.flowing = false;
  type(replica, "b+1", 5, "!");
  await idle();
  server.hear();
  type(replica, "b+1", 6, "?");
  await tab.timers.pass(100);
  tab.kill();
  server.flowing = true;
  const later = await browser.tab(ANNA);
  await later.timers.pass(1000);
  expect(server.text(NAME, "b+1")).toBe("Hello!?");
  expect(later.client.saveState.value).toEqual({ kind: "saved" });
});

test("work of two dead tabs and a living one all arrives", async () => {
  const first = await opened();
  const second = await opened();
  server.up = false;
  server.cut();
  type(first.replica, "b+1", 0, "1");
  type(second.replica, "b+1", 5, "2");
  await first.tab.timers.pass(100);
  await second.tab.timers.pass(100);
  first.tab.kill();
  const third = await opened();
  type(third.replica, "b+1", 0, "3");
  await third.tab.timers.pass(100);
  second.tab.kill();
  server.up = true;
  await third.tab.timers.pass(60_000);
  expect([...server.text(NAME, "b+1")].sort().join("")).toBe([..."Hello123"].sort().join(""));
  expect(textOf(third.replica, "b+1")).toBe(server.text(NAME, "b+1"));
  expect(third.tab.client.saveState.value).toEqual({ kind: "saved" });
});

test("work of a tab that died is taken over as soon as the server is back", async () => {
  const [first, second] = [await opened(), await opened()];
  server.up = false;
  server.cut();
  type(first.replica, "b+1", 5, "!");
  await first.tab.timers.pass(100);
  first.tab.kill();
  server.up = true;
  await second.tab.timers.pass(16_000); // the longest pause between attempts
  expect(server.text(NAME, "b+1")).toBe("Hello!");
});

test("a living tab's work is left to it", async () => {
  const first = await opened();
  server.up = false;
  server.cut();
  type(first.replica, "b+1", 5, "!");
  await first.tab.timers.pass(100);
  const second = await browser.tab(ANNA);
  expect(second.client.saveState.value).toEqual({ kind: "saved" });
  server.up = true;
  await second.timers.pass(20_000);
  expect(server.text(NAME, "b+1")).toBe("Hello");
  await first.tab.timers.pass(20_000);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
});

test("two tabs of one person type the same letter, and there are two letters in both", async () => {
  const first = await opened();
  const second = await opened();
  type(first.replica, "b+1", 5, "a");
  type(second.replica, "b+1", 5, "a");
  await first.tab.timers.pass(100);
  await second.tab.timers.pass(100);
  for (const { replica } of [first, second]) expect(textOf(replica, "b+1")).toBe("Helloaa");
  expect(server.text(NAME, "b+1")).toBe("Helloaa");
});

test("a session that ended keeps everything until somebody signs in again", async () => {
  const { tab, replica } = await opened();
  server.session = null;
  server.cut(4401);
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(60_000);
  expect(tab.client.saveState.value).toEqual({ kind: "signed-out", changes: 1 });
  server.session = ANNA;
  tab.client.retry();
  await tab.timers.pass(100);
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
  expect(server.text(NAME, "b+1")).toBe("Hello!");
});

test("a session that ended while there was no connection is noticed, too", async () => {
  const { tab } = await opened();
  server.session = null;
  server.cut();
  await tab.timers.pass(2000);
  expect(tab.client.connection.value).toBe("signed-out");
});

test("somebody else who signs in in the same browser neither sees nor sends one's work", async () => {
  const { tab, replica } = await opened();
  server.up = false;
  server.cut();
  type(replica, "b+1", 5, " secret");
  await tab.timers.pass(100);
  server.session = BEN;
  server.up = true;
  const bens = await browser.tab(BEN);
  const view = bens.client.open(WAVE);
  await tab.timers.pass(20_000); // Anna's tab still runs, with Ben's session in the browser's cookies
  await bens.timers.pass(20_000);
  expect(tab.client.saveState.value).toEqual({ kind: "signed-out", changes: 1 });
  expect(textOf(firstOf(view), "b+1")).toBe("Hello");
  expect(server.text(NAME, "b+1")).toBe("Hello");
});

test("a refused edit is undone and kept as a draft, and the next one stands", async () => {
  const { tab, replica } = await opened();
  const events: ReplicaEvent[] = [];
  replica.subscribe((event) => events.push(event));
  type(replica, "b+1", 5, ` not ${REFUSED}this`);
  type(replica, "b+1", 0, "Oh! ");
  await tab.timers.pass(1000);
  expect(textOf(replica, "b+1")).toBe("Oh! Hello");
  expect(server.text(NAME, "b+1")).toBe("Oh! Hello");
  const [draft] = tab.client.drafts.value;
  expect(draft).toMatchObject({ wavelet: NAME, doc: "b+1", text: ` not ${REFUSED}this`, reason: "invalid-operation" });
  expect(events.filter((event) => event.kind === "refused")).toHaveLength(1);
  tab.kill();
  const later = await browser.tab(ANNA);
  expect(later.client.drafts.value).toEqual([draft]);
  await later.client.discardDraft(draft?.id ?? "");
  expect(later.client.drafts.value).toEqual([]);
  later.kill();
  expect((await browser.tab(ANNA)).client.drafts.value).toEqual([]);
});

test("a draft of one tab shows in the others, and goes from all of them", async () => {
  const { tab, replica } = await opened();
  const other = await browser.tab(ANNA);
  type(replica, "b+1", 5, ` not ${REFUSED}this`);
  await tab.timers.pass(1000);
  const drafts = tab.client.drafts.value;
  expect(drafts).toHaveLength(1);
  expect(other.client.drafts.value).toEqual(drafts);
  await other.client.discardDraft(drafts[0]?.id ?? "");
  await idle();
  expect(tab.client.drafts.value).toEqual([]);
});

test("somebody removed from a wave keeps what they had typed as a draft", async () => {
  const { tab, view, replica } = await opened();
  server.flowing = false;
  type(replica, "b+1", 5, " and more");
  await idle();
  server.change(BEN, NAME, [{ remove: ANNA }]);
  server.settle();
  await tab.timers.pass(100);
  expect(replica.ended).toBe(true);
  expect(view.state.value).toBe("missing");
  expect(tab.client.drafts.value).toMatchObject([{ text: " and more", reason: "forbidden" }]);
  expect(() => type(replica, "b+1", 0, "x")).toThrow("can no longer be edited");
});

test("a server that lost the history gets what still fits, and the rest is a draft", async () => {
  const { tab, replica } = await opened();
  server.up = false;
  server.cut();
  type(replica, "b+1", 5, "!");
  server.fork(NAME);
  server.up = true;
  await tab.timers.pass(20_000);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
  expect(tab.client.drafts.value).toEqual([]);
  server.up = false;
  server.cut();
  type(replica, "b+1", 6, "?");
  server.change(BEN, NAME, [{ doc: "b+1", op: [{ chars: "> " }, { retain: 6 }] }]);
  server.fork(NAME);
  server.up = true;
  await tab.timers.pass(20_000);
  expect(textOf(replica, "b+1")).toBe("> Hello!");
  expect(tab.client.drafts.value).toMatchObject([{ text: "?", reason: "bad-version" }]);
  type(replica, "b+1", 8, "…");
  await tab.timers.pass(1000);
  expect(server.text(NAME, "b+1")).toBe("> Hello!…");
});

test("a rate limit is waited for, and the same submission sent again", async () => {
  const { tab, replica } = await opened();
  server.refusals.push({ code: "rate-limited", retry_after: 3000 });
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(100);
  type(replica, "b+1", 6, "?");
  await tab.timers.pass(2000);
  expect(server.text(NAME, "b+1")).toBe("Hello");
  await tab.timers.pass(2000);
  expect(server.text(NAME, "b+1")).toBe("Hello!?");
  const keys = server.received.flatMap((message) => (message.type === "submit" ? [message.key] : []));
  expect(keys[0]).toBe(keys[1]);
});

test("a wave made without a connection is usable at once and survives closing the tab", async () => {
  server.up = false;
  const tab = await browser.tab(ANNA);
  const view = tab.client.createWave(() => [{ add: ANNA }, { doc: "b+1", op: [{ chars: "Draft" }] }]);
  const replica = firstOf(view);
  type(replica, "b+1", 5, "!");
  expect(replica.participants).toEqual([ANNA]);
  await tab.timers.pass(100);
  tab.kill();
  server.up = true;
  const later = await browser.tab(ANNA);
  await later.timers.pass(1000);
  expect(server.text(replica.name, "b+1")).toBe("Draft!");
  const again = later.client.open(view.wave);
  await later.timers.pass(1000);
  expect(textOf(firstOf(again), "b+1")).toBe("Draft!");
  expect(later.client.saveState.value).toEqual({ kind: "saved" });
});

test("a wave that cannot be seen is missing, and appears when one is added", async () => {
  const { tab, view } = await opened();
  const other = tab.client.open("example.com/w+other");
  await tab.timers.pass(100);
  expect(other.state.value).toBe("missing");
  server.change(BEN, "example.com/w+other/~/conv+root", [{ add: BEN }, { add: ANNA }]);
  await tab.timers.pass(100);
  expect(other.state.value).toBe("open");
  expect(firstOf(other).participants).toEqual([BEN, ANNA]);
  expect(view.wavelets.value).toHaveLength(1);
});

test("a browser that stores nothing works, and says so", async () => {
  const tab = await browser.tab(ANNA, async () => null);
  const view = tab.client.open(WAVE);
  await tab.timers.pass(100);
  type(firstOf(view), "b+1", 5, "!");
  await tab.timers.pass(100);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
  expect(tab.client.storage.value).toBe("unavailable");
});

test("after a suspension a dead connection is noticed within seconds", async () => {
  const { tab, replica } = await opened();
  server.flowing = false; // the socket looks open, and nobody answers
  tab.timers.suspend(30_000);
  tab.page("woke");
  server.flowing = false;
  await tab.timers.pass(4_100);
  expect(tab.client.connection.value).toBe("connecting");
  server.flowing = true;
  await tab.timers.pass(2000);
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(100);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
});

test("an edit that nobody answers ends the connection, and is delivered by the next one", async () => {
  const { tab, replica } = await opened();
  server.flowing = false;
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(7_900);
  expect(tab.client.connection.value).toBe("online");
  await tab.timers.pass(200);
  expect(tab.client.connection.value).not.toBe("online");
  server.flowing = true;
  await tab.timers.pass(2000);
  expect(server.text(NAME, "b+1")).toBe("Hello!");
});

test("digests are watched again on each connection", async () => {
  const { tab } = await opened();
  const changes: unknown[] = [];
  tab.client.watch((change) => changes.push(change));
  await tab.timers.pass(100);
  server.tell({ type: "digest", wave: WAVE, digest: { title: "Hello" } });
  await idle();
  server.cut();
  await tab.timers.pass(1000);
  const anew = { wave: "*", digest: null };
  expect(changes).toEqual([anew, { wave: WAVE, digest: { title: "Hello" } }, anew]);
  const later: unknown[] = [];
  tab.client.watch((change) => later.push(change));
  await idle();
  expect(later).toEqual([anew]);
  expect(changes).toHaveLength(3);
});

test("others' cursors keep their place through edits, and go when nothing is heard of them", async () => {
  const { tab, view, replica } = await opened();
  const cursor = { type: "cursor", wavelet: NAME, author: BEN, doc: "b+1", anchor: 2, head: 4 };
  server.tell(cursor);
  await idle();
  type(replica, "b+1", 0, "😀😀");
  expect(view.cursors.value).toMatchObject([{ author: BEN, anchor: 4, head: 6 }]);
  await tab.timers.pass(31_000);
  expect(view.cursors.value).toEqual([]);
});

test("one's own cursor is told at most ten times a second, and again as a sign of life", async () => {
  const { tab, view } = await opened();
  const sent = () => server.received.filter((message) => message.type === "cursor");
  for (let place = 0; place < 5; place += 1) view.placeCursor(NAME, "b+1", place, place);
  await tab.timers.pass(100);
  expect(sent().map((message) => message.type === "cursor" && message.head)).toEqual([0, 4]);
  await tab.timers.pass(15_000);
  expect(sent()).toHaveLength(3);
  view.close();
  await tab.timers.pass(60_000);
  expect(sent()).toHaveLength(3);
});

test("a view that is closed is delivered to the end, and then followed no more", async () => {
  const { tab, view, replica } = await opened();
  server.flowing = false;
  type(replica, "b+1", 5, "!");
  view.close();
  server.flowing = true;
  await tab.timers.pass(100);
  server.settle();
  await idle();
  expect(server.text(NAME, "b+1")).toBe("Hello!");
  expect(server.received.at(-1)).toEqual({ type: "close", wave: WAVE });
});

const ELSEWHERE = "beta.test/w+abc/~/conv+root";

/** The same for a wave that another server hosts. */
async function openedElsewhere() {
  server.change(BEN, ELSEWHERE, [{ add: BEN }, { add: ANNA }, { doc: "b+1", op: [{ chars: "Hello" }] }]);
  const tab = await browser.tab(ANNA);
  const view = tab.client.open("beta.test/w+abc");
  await tab.timers.pass(100);
  return { tab, replica: firstOf(view) };
}

test("an answer of another server's may take as long as it takes, on the same connection", async () => {
  const { tab, replica } = await openedElsewhere();
  server.holding = true;
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(600_000);
  const sent = server.received.filter(({ type: kind }) => kind === "submit" || kind === "open");
  expect(sent.map(({ type: kind }) => kind)).toEqual(["open", "submit"]);
  expect(tab.client.connection.value).toBe("online");
  expect(tab.client.saveState.value).toEqual({ kind: "waiting", changes: 1, hosts: ["beta.test"] });
  server.release();
  await idle();
  expect(tab.client.saveState.value).toEqual({ kind: "saved" });
  expect(server.text(ELSEWHERE, "b+1")).toBe("Hello!");
});

test("a connection that dies while another server is waited for is noticed", async () => {
  const { tab, replica } = await openedElsewhere();
  server.flowing = server.up = false;
  type(replica, "b+1", 5, "!");
  await tab.timers.pass(10_000);
  expect(tab.client.connection.value).not.toBe("online");
});

test("troubles are those last told, and none after the wave is opened anew until they are told again", async () => {
  const { tab, replica } = await openedElsewhere();
  const trouble = { kind: "host-unreachable", domain: "beta.test", since: 5, message: "beta.test is away" };
  server.tell({ type: "troubles", wavelet: ELSEWHERE, troubles: [trouble] });
  await idle();
  expect(replica.troubles.value).toEqual([trouble]);
  server.cut();
  await idle();
  expect(replica.troubles.value).toEqual([trouble]); // as far as is known
  await tab.timers.pass(20_000);
  expect(replica.troubles.value).toEqual([]);
});

test("what a quarantined wavelet does not take any more is kept as a draft that says why", async () => {
  const { tab, replica } = await openedElsewhere();
  server.refusals.push({ code: "quarantined" });
  type(replica, "b+1", 5, " and more");
  await idle();
  expect(textOf(replica, "b+1")).toBe("Hello");
  expect(tab.client.drafts.value.map(({ text, reason }) => [text, reason])).toEqual([[" and more", "quarantined"]]);
});
