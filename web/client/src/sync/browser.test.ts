// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { browserPageEvents, type PageEvent } from "./browser";

test.each([
  ["the network is back", () => window.dispatchEvent(new Event("online")), "woke"],
  ["somebody turns to the window", () => window.dispatchEvent(new Event("focus")), "woke"],
  ["the page comes in sight", () => document.dispatchEvent(new Event("visibilitychange")), "woke"],
  ["the network is gone", () => window.dispatchEvent(new Event("offline")), "offline"],
  ["the page is left", () => window.dispatchEvent(new Event("pagehide")), "leaving"],
] as const)("it tells when %s, until nobody listens", (_what, happen, event) => {
  const told: PageEvent[] = [];
  const end = browserPageEvents((each) => told.push(each));
  happen();
  expect(told).toEqual([event]);
  end();
  happen();
  expect(told).toHaveLength(1);
});
