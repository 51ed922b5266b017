/**
 * When to connect, when to ask whether anybody is there, and when to give a connection up. Pure: events in, what to
 * do out; time and chance are arguments.
 *
 * A browser does not show a page the pings of its socket, and keeps a socket whose other end is gone for minutes. So
 * silence is broken by a question, and an answer that stays away ends the connection; a page that was suspended asks
 * as soon as it runs again.
 */

import { delayAfter } from "./backoff";
import type { ConnectionState } from "./types";

/** Milliseconds: how long a handshake may take, */
export const CONNECT_TIME = 10_000;
/** after how much silence to ask, */
export const SILENCE = 25_000;
/** how soon something must be heard after a request, */
export const REQUEST_TIME = 8_000;
/** and after a question that is there only for the answer; */
export const PROBE_TIME = 4_000;
/** after what silence a page that wakes need not even ask: the server drops who is silent for a minute, */
export const LONG_GONE = 60_000;
/** and after what time a connection counts as one that works. */
export const STEADY = 5_000;

/** Where the link stands. Times are ms since 1970; `failures` counts those in a row. */
export type Link =
  | { readonly kind: "waiting"; readonly until: number; readonly failures: number }
  | { readonly kind: "connecting"; readonly since: number; readonly failures: number }
  | {
      readonly kind: "open";
      readonly since: number;
      readonly failures: number;
      readonly heard: number;
      /** When something must have been heard at the latest; null when nothing is awaited. */
      readonly due: number | null;
    }
  | { readonly kind: "signed-out" }
  | { readonly kind: "closed" };

export type LinkEvent =
  /** Connect now: a person asked for it, or signed in again. */
  | "retry"
  /** The socket is open, and the session is this person's. */
  | "established"
  /** A message came. */
  | "heard"
  /** A request was sent. */
  | "asked"
  /** There is no socket any more, or none came about. */
  | "lost"
  /** The server does not know this person any more. */
  | "unauthenticated"
  /** The page is seen again, or the network is back, or timers were late. */
  | "woke"
  /** The browser says that there is no network. */
  | "offline"
  /** The server's messages make no sense on this connection. */
  | "out-of-step"
  /** The time has come that `nextTick` gave. */
  | "tick"
  | "close";

/** What to do: make a connection, end the one that there is or is being made, ask for any answer. */
export type LinkAction = "connect" | "drop" | "probe";

export interface LinkStep {
  readonly link: Link;
  readonly actions: readonly LinkAction[];
}

/** A link that is about to connect for the first time. */
export const UNCONNECTED: Link = { kind: "waiting", until: 0, failures: 0 };

/** Take in one event at `now`; `chance` is random, from 0 to 1. */
export function linkStep(link: Link, event: LinkEvent, now: number, chance: number): LinkStep {
  if (link.kind === "closed") return { link, actions: [] };
  switch (event) {
    case "close":
      return { link: { kind: "closed" }, actions: ["drop"] };
    case "unauthenticated":
      return { link: { kind: "signed-out" }, actions: ["drop"] };
    case "retry":
      if (link.kind === "open") return asked(link, now, PROBE_TIME, ["probe"]);
      return link.kind === "connecting" ? { link, actions: [] } : connecting(link, now);
    case "offline":
      if (link.kind === "signed-out") return { link, actions: [] };
      return waiting(Math.max(2, failuresOf(link)), now, chance, ["drop"]); // no doubt about being offline
    case "established":
      if (link.kind !== "connecting") return { link, actions: ["drop"] };
      return { link: { kind: "open", since: now, failures: link.failures, heard: now, due: null }, actions: [] };
    case "heard":
      if (link.kind !== "open") return { link, actions: [] };
      return { link: { ...link, heard: now, due: null, failures: failuresAfter(link, now) }, actions: [] };
    case "asked":
      return link.kind === "open" ? asked(link, now, REQUEST_TIME, []) : { link, actions: [] };
    case "lost":
    case "out-of-step":
      return lost(link, now, chance);
    case "woke":
      return woke(link, now, chance);
    case "tick":
      return ticked(link, now, chance);
  }
}

/** When the next "tick" is due, in ms since 1970; null when there is none. */
export function nextTick(link: Link): number | null {
  switch (link.kind) {
    case "waiting":
      return link.until;
    case "connecting":
      return link.since + CONNECT_TIME;
    case "open":
      return link.due ?? link.heard + SILENCE;
    default:
      return null;
  }
}

/** What to tell people about it. One failed attempt is not worth a word. */
export function connectionState(link: Link): ConnectionState {
  switch (link.kind) {
    case "open":
      return "online";
    case "signed-out":
      return "signed-out";
    case "closed":
      return "offline";
    default:
      return link.failures > 1 ? "offline" : "connecting";
  }
}

function failuresOf(link: Link): number {
  return "failures" in link ? link.failures : 0;
}

function failuresAfter(link: Extract<Link, { readonly kind: "open" }>, now: number): number {
  return now - link.since >= STEADY ? 0 : link.failures;
}

function connecting(link: Link, now: number): LinkStep {
  return { link: { kind: "connecting", since: now, failures: failuresOf(link) }, actions: ["connect"] };
}

function waiting(failures: number, now: number, chance: number, actions: readonly LinkAction[]): LinkStep {
  return { link: { kind: "waiting", until: now + delayAfter(failures, chance), failures }, actions };
}

function asked(
  link: Extract<Link, { readonly kind: "open" }>,
  now: number,
  time: number,
  actions: readonly LinkAction[],
): LinkStep {
  return { link: { ...link, due: Math.min(link.due ?? Number.POSITIVE_INFINITY, now + time) }, actions };
}

function lost(link: Link, now: number, chance: number): LinkStep {
  if (link.kind === "waiting" || link.kind === "signed-out") return { link, actions: [] };
  const before = link.kind === "open" ? failuresAfter(link, now) : failuresOf(link);
  return waiting(before + 1, now, chance, ["drop"]);
}

function woke(link: Link, now: number, chance: number): LinkStep {
  switch (link.kind) {
    case "waiting":
      return connecting(link, now);
    case "open":
      if (now - link.heard > LONG_GONE) return connectingAnew(now);
      return asked(link, now, PROBE_TIME, ["probe"]);
    default:
      return ticked(link, now, chance);
  }
}

function connectingAnew(now: number): LinkStep {
  return { link: { kind: "connecting", since: now, failures: 0 }, actions: ["drop", "connect"] };
}

function ticked(link: Link, now: number, chance: number): LinkStep {
  const due = nextTick(link);
  if (due === null || now < due) return { link, actions: [] };
  switch (link.kind) {
    case "waiting":
      return connecting(link, now);
    case "open":
      return link.due === null ? asked(link, now, PROBE_TIME, ["probe"]) : lost(link, now, chance);
    default:
      return lost(link, now, chance);
  }
}
