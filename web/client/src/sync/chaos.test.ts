/** Whole clients with their stores, in several tabs of two people, while connections and tabs come to sudden ends. */

import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { ServerForTests } from "./serverForTests";
import type { WaveletReplica, WaveView } from "./types";
import { BrowserForTests, firstOf, idle, type TabForTests, textOf, type } from "./worldForTests";

const PEOPLE = ["anna@example.com", "ben@example.com"] as const;
const WAVE = "example.com/w+abc";
const NAME = `${WAVE}/~/conv+root`;
const DOC = "b+1";

interface OpenTab {
  readonly person: number;
  readonly tab: TabForTests;
  readonly view: WaveView;
}

/** Each person has a browser; all speak to one server, which knows a socket's user by its browser. */
class World {
  readonly server = new ServerForTests(null);
  readonly browsers = PEOPLE.map(() => new BrowserForTests(this.server));
  readonly tabs: OpenTab[] = [];
  readonly typed: string[] = [];

  async open(person: number): Promise<void> {
    const tab = await this.#as(person, () => this.browsers[person]?.tab(PEOPLE[person] ?? ""));
    if (tab === undefined) throw new Error("no such person");
    this.tabs.push({ person, tab, view: tab.client.open(WAVE) });
    await this.pass(person, 300);
  }

  /** Let time pass for the tabs of a person: sockets made meanwhile are theirs. */
  async pass(person: number, ms: number): Promise<void> {
    await this.#as(person, async () => {
      for (const open of this.tabs) if (open.person === person) await open.tab.timers.pass(ms);
    });
  }

  async #as<Result>(person: number, action: () => Promise<Result> | undefined): Promise<Result | undefined> {
    this.server.session = PEOPLE[person] ?? null;
    return await action();
  }

  typeAt(open: OpenTab, place: number): void {
    const [replica] = open.view.wavelets.value;
    if (replica === undefined) return;
    const letter = String.fromCodePoint((this.typed.length % 2 === 0 ? 0x4e00 : 0x20000) + this.typed.length);
    this.typed.push(letter);
    type(replica, DOC, place % ((replica.document(DOC)?.size ?? 0) + 1), letter);
  }
}

const step = fc.tuple(
  fc.constantFrom("type", "type", "type", "hear", "tell", "flow", "cut", "down", "up", "pass", "kill", "open"),
  fc.nat(5),
  fc.nat(30),
);

async function play(plan: readonly (readonly [string, number, number])[]): Promise<void> {
  vi.stubGlobal("indexedDB", new IDBFactory());
  const world = new World();
  const { server } = world;
  server.change(PEOPLE[0], NAME, [{ add: PEOPLE[0] }, { add: PEOPLE[1] }]);
  for (const person of [0, 1, 0]) await world.open(person);
  server.flowing = false;
  for (const [what, who, number] of plan) {
    const open = world.tabs[who % Math.max(1, world.tabs.length)];
    switch (what) {
      case "type":
        if (open !== undefined) world.typeAt(open, number);
        break;
      case "hear":
        await idle();
        server.hear();
        break;
      case "tell":
        for (const socket of [...server.sockets]) socket.toClient();
        break;
      case "flow":
        server.settle();
        break;
      case "cut":
        server.cut();
        break;
      case "down":
      case "up":
        server.up = what === "up";
        if (!server.up) server.cut();
        break;
      case "pass":
        await world.pass(who % 2, number * 100);
        break;
      case "kill":
        if (open === undefined) break;
        await world.pass(open.person, 60); // what was typed longer ago than the delay of writing is kept
        open.tab.kill();
        world.tabs.splice(world.tabs.indexOf(open), 1);
        break;
      case "open":
        if (world.tabs.length < 5) await world.open(who % 2);
        break;
    }
  }
  server.up = true;
  server.flowing = true;
  for (const person of [0, 1]) await world.open(person);
  for (let round = 0; round < 2; round += 1) for (const person of [0, 1]) await world.pass(person, 60_000);
  const text = server.text(NAME, DOC);
  expect([...text].sort()).toEqual([...world.typed].sort());
  for (const { tab, view } of world.tabs) {
    expect(textOf(firstOf(view) as WaveletReplica, DOC)).toBe(text);
    expect(tab.client.saveState.value).toEqual({ kind: "saved" });
    expect(tab.client.drafts.value).toEqual([]);
    tab.kill();
  }
}

/** A tab that has not heard of the latest delta types, and ends, while another keeps a state that includes it. */
const BEHIND: [string, number, number][] = [
  ["open", 3, 0],
  ["type", 1, 0],
  ["kill", 0, 0],
  ["type", 0, 0],
  ["hear", 0, 0],
  ["tell", 0, 0],
  ["kill", 0, 0],
  ["cut", 0, 0],
  ["type", 3, 0],
  ["open", 3, 0],
  ["kill", 1, 0],
];

test("nothing typed is lost or doubled, whatever happens to connections and tabs", { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), play), { numRuns: 100, examples: [[BEHIND]] });
});
