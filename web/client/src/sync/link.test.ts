import { expect, test } from "vitest";
import {
  CONNECT_TIME,
  connectionState,
  type Link,
  type LinkEvent,
  LONG_GONE,
  linkStep,
  nextTick,
  PROBE_TIME,
  REQUEST_TIME,
  SILENCE,
  STEADY,
  UNCONNECTED,
} from "./link";

const NOW = 1_000_000;

/** Feed events, each at a time after NOW; returns the last step. */
function after(link: Link, ...events: (readonly [LinkEvent, number])[]) {
  let step = { link, actions: [] as readonly string[] };
  for (const [event, time] of events) step = linkStep(step.link, event, NOW + time, 0);
  return step;
}

const open = after(UNCONNECTED, ["tick", 0], ["established", 0]).link;

test("it connects at once, and is online when the session has been checked", () => {
  const connecting = after(UNCONNECTED, ["tick", 0]);
  expect(connecting.actions).toEqual(["connect"]);
  expect(connectionState(connecting.link)).toBe("connecting");
  expect(connectionState(open)).toBe("online");
});

test("each failure is followed by a longer pause, and the second is worth telling", () => {
  let link: Link = UNCONNECTED;
  const pauses: number[] = [];
  let now = NOW;
  for (let failure = 0; failure < 9; failure += 1) {
    link = linkStep(linkStep(link, "tick", now, 0).link, "lost", now, 0).link;
    pauses.push((nextTick(link) ?? 0) - now);
    expect(connectionState(link)).toBe(failure === 0 ? "connecting" : "offline");
    now = nextTick(link) ?? now;
  }
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

test("chance cuts the pause by up to half", () => {
  const link = linkStep(linkStep(UNCONNECTED, "tick", NOW, 0).link, "lost", NOW, 1).link;
  expect(nextTick(link)).toBe(NOW + 125);
});

test("silence is broken by a question, and no answer ends the connection", () => {
  const asked = after(open, ["tick", SILENCE]);
  expect(asked.actions).toEqual(["probe"]);
  expect(nextTick(asked.link)).toBe(NOW + SILENCE + PROBE_TIME);
  expect(after(asked.link, ["tick", SILENCE + PROBE_TIME]).actions).toEqual(["drop"]);
  const answered = after(asked.link, ["heard", SILENCE + 10]).link;
  expect(nextTick(answered)).toBe(NOW + SILENCE + 10 + SILENCE);
});

test("a request that is followed by nothing ends the connection", () => {
  const asked = after(open, ["asked", 10], ["asked", 3000]);
  expect(nextTick(asked.link)).toBe(NOW + 10 + REQUEST_TIME);
  expect(after(asked.link, ["tick", 10 + REQUEST_TIME]).link.kind).toBe("waiting");
});

test("a page that wakes asks at once, or connects anew when it has slept for long", () => {
  expect(after(open, ["woke", 20_000]).actions).toEqual(["probe"]);
  const slept = after(open, ["woke", LONG_GONE + 1]);
  expect(slept.actions).toEqual(["drop", "connect"]);
  expect(slept.link.kind).toBe("connecting");
});

test("the network's return ends a pause", () => {
  const offline = after(open, ["offline", 10]);
  expect(offline.actions).toEqual(["drop"]);
  expect(connectionState(offline.link)).toBe("offline");
  expect(after(offline.link, ["woke", 20]).actions).toEqual(["connect"]);
});

test("a handshake that takes too long has failed", () => {
  const connecting = after(UNCONNECTED, ["tick", 0]).link;
  expect(after(connecting, ["tick", CONNECT_TIME]).actions).toEqual(["drop"]);
});

test("a session that ended is waited for, whatever happens, until somebody tries again", () => {
  const out = after(open, ["unauthenticated", 0]);
  expect(out.actions).toEqual(["drop"]);
  for (const event of ["lost", "woke", "offline", "tick", "heard", "asked", "out-of-step"] as const) {
    expect(after(out.link, [event, 10])).toEqual({ link: { kind: "signed-out" }, actions: [] });
  }
  expect(nextTick(out.link)).toBeNull();
  expect(after(out.link, ["retry", 10]).actions).toEqual(["connect"]);
});

test("connections that break at once do not hide that they fail in a row", () => {
  const again = after(open, ["out-of-step", 10], ["tick", 500], ["established", 500], ["heard", 510], ["lost", 520]);
  expect(again.link).toMatchObject({ kind: "waiting", failures: 2 });
  const steady = after(open, ["out-of-step", 10], ["tick", 500], ["established", 500], ["heard", 500 + STEADY]);
  expect(after(steady.link, ["lost", 9000]).link).toMatchObject({ failures: 1 });
});

test("what was closed stays closed", () => {
  const closed = after(open, ["close", 0]);
  expect(closed.actions).toEqual(["drop"]);
  expect(after(closed.link, ["retry", 1], ["woke", 2], ["established", 3])).toEqual({
    link: { kind: "closed" },
    actions: [],
  });
});

test("a long wait ends at once when the page is turned to or the network is back, and when a person asks for it", () => {
  let link: Link = UNCONNECTED;
  for (let failure = 0; failure < 8; failure += 1)
    link = after(link, ["tick", failure * 20_000], ["lost", failure * 20_000]).link;
  expect([link.kind, connectionState(link)]).toEqual(["waiting", "offline"]);
  for (const event of ["woke", "retry"] as const) expect(after(link, [event, 140_001]).actions).toEqual(["connect"]);
});
