// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pauses } from "./pauses";

beforeEach(() => void vi.useFakeTimers()); // frames too: one each 16 ms
afterEach(() => void vi.useRealTimers());

test("what is due waits for the frame of the next key, and comes right behind it", () => {
  const pauses = new Pauses();
  const callback = vi.fn();
  pauses.inPause(callback);
  vi.advanceTimersByTime(120);
  pauses.keyed();
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersToNextFrame();
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(1_000);
  expect(callback).toHaveBeenCalledTimes(1);
});

test("what has come only now does not come behind a key: what comes soon shares its frame", () => {
  const pauses = new Pauses();
  const callback = vi.fn();
  pauses.inPause(callback);
  pauses.keyed();
  vi.advanceTimersByTime(99);
  expect(callback).not.toHaveBeenCalled();
});

test("without another key it waits no longer than a quarter of a second", () => {
  const callback = vi.fn();
  new Pauses().inPause(callback);
  vi.advanceTimersByTime(249);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(callback).toHaveBeenCalledTimes(1);
});

test("it can be taken back at any time", () => {
  const pauses = new Pauses();
  const callback = vi.fn();
  const [early, late] = [pauses.inPause(callback), pauses.inPause(callback)];
  early();
  vi.advanceTimersByTime(100);
  late();
  pauses.keyed();
  vi.advanceTimersByTime(1_000);
  expect(callback).not.toHaveBeenCalled();
});
