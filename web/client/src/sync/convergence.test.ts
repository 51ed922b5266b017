/** Several clients and a server, with messages lost, doubled, cut and late: nobody loses or doubles a keystroke. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { transformOperations, WaveDocument } from "../ot";
import {
  acknowledged,
  adopted,
  type Control,
  edit,
  inFlight,
  type Landing,
  pending,
  received,
  refused,
  resumedWith,
  type Step,
  synced,
} from "./concurrency";
import type { Operations } from "./types";

const DOC = "b+1";
const REFUSED = "#";

interface Landed {
  readonly author: string;
  readonly key: string;
  readonly landing: Landing;
  readonly operations: Operations;
}

type Answer =
  | { readonly kind: "delta"; readonly landed: Landed }
  | { readonly kind: "ack"; readonly key: string; readonly landing: Landing }
  | { readonly kind: "refused"; readonly key: string };

/** One wavelet at its host: the rules of DESIGN section 4, without schemas. */
class Host {
  readonly history: Landed[] = [];

  get version(): number {
    return this.history.at(-1)?.landing.to.version ?? 0;
  }

  submit(author: string, key: string, at: number, operations: Operations): Landed | null {
    const later = this.history.filter((landed) => landed.landing.at >= at);
    const before = later.find((landed) => landed.author === author && landed.key === key);
    if (before !== undefined) return before;
    if (JSON.stringify(operations).includes(REFUSED)) return null;
    let rebased = operations;
    for (const landed of later) rebased = transformOperations(rebased, author, landed.operations, "").client;
    const to = this.version + rebased.length;
    const landing = { at: this.version, to: { version: to, hash: `h${to}` } };
    const landed = { author, key, landing, operations: rebased };
    this.history.push(landed);
    return landed;
  }
}

/** A tab: what it shows, and what it has heard and not read. */
class Tab {
  control: Control = synced({ version: 0, hash: "h0" });
  document = WaveDocument.empty();
  inbox: Answer[] = [];
  awaiting = false;
  #keys = 0;

  constructor(
    readonly author: string,
    readonly name: string,
    readonly host: Host,
  ) {}

  type(place: number, deleted: number, text: string): void {
    const { size } = this.document;
    const start = place % (size + 1);
    const gone = [...this.document.text()].slice(start, Math.min(size, start + deleted)).join("");
    const rest = size - start - [...gone].length;
    const op = [
      ...(start > 0 ? [{ retain: start }] : []),
      ...(text === "" ? [] : [{ chars: text }]),
      ...(gone === "" ? [] : [{ delchars: gone }]),
      ...(rest > 0 ? [{ retain: rest }] : []),
    ];
    if (text === "" && gone === "") return;
    this.document.apply(op);
    this.#keys += 1;
    this.control = edit(this.control, [{ doc: DOC, op }], `${this.name}-${this.#keys}`);
  }

  /** Send what is in flight. `answers` says how many times the answer arrives: a lost one comes never. */
  send(answers: number, others: readonly Tab[]): void {
    const sent = inFlight(this.control);
    if (sent === null || this.awaiting) return;
    const before = this.host.history.length;
    const landed = this.host.submit(this.author, sent.key, this.control.version.version, sent.operations);
    this.awaiting = true;
    const answer: Answer =
      landed === null ? { kind: "refused", key: sent.key } : { kind: "ack", key: sent.key, landing: landed.landing };
    for (let count = 0; count < answers; count += 1) this.inbox.push(answer);
    if (landed === null || this.host.history.length === before) return;
    for (const other of others) if (other !== this) other.inbox.push({ kind: "delta", landed });
  }

  /** Read up to `count` of what was heard. A lost answer leaves a gap before others' deltas: connecting anew fills it. */
  read(count: number): void {
    for (const answer of this.inbox.splice(0, count)) {
      if (answer.kind === "delta" && answer.landed.landing.at > this.control.version.version) {
        this.reconnect();
        return;
      }
      this.#read(answer);
    }
  }

  #read(answer: Answer): void {
    switch (answer.kind) {
      case "delta": {
        const { author, key, landing, operations } = answer.landed;
        this.#take(received(this.control, this.author, operations, landing, author === this.author ? key : null));
        break;
      }
      case "ack":
        this.awaiting = false;
        this.#take(acknowledged(this.control, answer.key, answer.landing));
        break;
      case "refused":
        this.awaiting = false;
        this.#take(refused(this.control, this.author, answer.key));
        break;
    }
  }

  /** The connection is cut and made anew: what was not read is sent again from the history. */
  reconnect(): void {
    const since = this.control.version.version;
    const missed = this.host.history.filter((landed) => landed.landing.at >= since);
    this.inbox = missed.map((landed) => ({ kind: "delta", landed }));
    this.awaiting = false;
  }

  /** Take over what another tab of the same person left, as it was at `left.version`. */
  inherit(left: Control): void {
    this.read(this.inbox.length);
    let control = resumedWith(left.version, pending(left));
    for (const { author, key, landing, operations } of this.host.history) {
      if (landing.at < left.version.version || landing.to.version > this.control.version.version) continue;
      control = received(control, this.author, operations, landing, author === this.author ? key : null).control;
    }
    this.#take(adopted(this.control, this.author, pending(control)));
  }

  #take(step: Step): void {
    for (const operation of step.shown) if ("doc" in operation) this.document.apply(operation.op);
    this.control = step.control;
  }

  get text(): string {
    return this.document.text();
  }
}

const action = fc.tuple(
  fc.nat(3),
  fc.constantFrom("type", "type", "delete", "send", "send", "read", "reconnect", "die"),
  fc.nat(40),
  fc.nat(3),
);

/** Letters of one and of two UTF-16 units, each given out once. */
function letters(): () => string {
  let next = 0;
  return () => {
    next += 1;
    return String.fromCodePoint((next % 2 === 0 ? 0x4e00 : 0x20000) + next);
  };
}

function play(
  plan: readonly [number, string, number, number][],
  refusals: boolean,
): { host: Host; tabs: Tab[]; typed: string[] } {
  const host = new Host();
  let born = 4;
  const tabs = [0, 1, 2, 3].map((index) => new Tab(index < 2 ? "anna" : "ben", `t${index}`, host));
  const letter = letters();
  const typed: string[] = [];
  for (const [who, what, place, count] of plan) {
    const tab = tabs[who];
    if (tab === undefined) continue;
    switch (what) {
      case "type": {
        const text = refusals && count === 3 ? REFUSED : letter();
        typed.push(text);
        tab.type(place, 0, text);
        break;
      }
      case "delete":
        tab.type(place, count, "");
        break;
      case "send":
        tab.send(count === 3 ? 2 : Math.min(count, 1), tabs);
        break;
      case "read":
        tab.read(place);
        break;
      case "reconnect":
        tab.reconnect();
        break;
      case "die": {
        if (refusals) break; // what stands on refused text is given up by the replica, not here
        const fresh = new Tab(tab.author, `t${born}`, host);
        born += 1;
        fresh.reconnect();
        fresh.inherit(tab.control);
        tabs[who] = fresh;
        break;
      }
    }
  }
  for (let busy = true; busy; ) {
    busy = false;
    for (const tab of tabs) {
      tab.reconnect();
      tab.read(tab.inbox.length);
      if (inFlight(tab.control) === null) continue;
      tab.send(1, tabs);
      busy = true;
    }
    for (const tab of tabs) tab.read(tab.inbox.length);
  }
  return { host, tabs, typed };
}

function expectOneText(tabs: readonly Tab[]): string {
  const [first, ...others] = tabs.map((tab) => tab.text);
  for (const other of others) expect(other).toBe(first);
  for (const tab of tabs) expect(tab.control.kind).toBe("synced");
  return first ?? "";
}

const plans = fc.array(action, { maxLength: 60 });

test("all clients converge, whatever is lost, doubled, cut or left by a tab that died", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      expectOneText(play(plan, false).tabs);
    }),
    { numRuns: 400 },
  );
});

test("what is typed arrives exactly once", () => {
  const typing = plans.map((plan) => plan.filter(([, what]) => what !== "delete"));
  fc.assert(
    fc.property(typing, (plan) => {
      const { tabs, typed } = play(plan, false);
      expect([...expectOneText(tabs)].sort()).toEqual([...typed].sort());
    }),
    { numRuns: 400 },
  );
});

test("what the server refuses goes everywhere, and everything else stays", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const { tabs } = play(plan, true);
      expect(expectOneText(tabs)).not.toContain(REFUSED);
    }),
    { numRuns: 400 },
  );
});
