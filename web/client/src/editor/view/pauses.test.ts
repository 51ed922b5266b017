import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inPause } from "./pauses";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("it waits for a moment without work, but not for ever", () => {
  const asked = vi.fn((_callback: () => void, _options: IdleRequestOptions) => 7);
  vi.stubGlobal("requestIdleCallback", asked);
  const callback = vi.fn();
  inPause(callback);
  expect(asked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(asked.mock.calls).toEqual([[callback, { timeout: 150 }]]);
});

test("it can be taken back at any time", () => {
  const cancelled = vi.fn();
  vi.stubGlobal("requestIdleCallback", () => 7);
  vi.stubGlobal("cancelIdleCallback", cancelled);
  const early = inPause(() => undefined);
  early();
  const late = inPause(() => undefined);
  vi.advanceTimersByTime(100);
  late();
  expect(cancelled.mock.calls).toEqual([[7]]);
});

test("a browser that cannot tell when it is idle calls back all the same", () => {
  vi.stubGlobal("requestIdleCallback", undefined);
  const callback = vi.fn();
  inPause(callback);
  vi.advanceTimersByTime(101);
  expect(callback).toHaveBeenCalledTimes(1);
});
