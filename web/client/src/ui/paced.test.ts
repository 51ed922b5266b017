import { computed, signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followPaced } from "./paced";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first change is told at once, and of those in the interval after it only where they have led", () => {
  const source = signal(0);
  const told: number[] = [];
  followPaced(source, 100, (value) => told.push(value));
  source.value = 1;
  source.value = 2;
  source.value = 3;
  expect(told).toEqual([1]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([1, 3]);
  source.value = 4;
  expect(told).toEqual([1, 3]);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([1, 3, 4]);
  vi.advanceTimersByTime(100);
  source.value = 5;
  expect(told).toEqual([1, 3, 4, 5]);
});

test("a change that was taken back meanwhile is not told", () => {
  const source = signal(0);
  const told: number[] = [];
  followPaced(source, 100, (value) => told.push(value));
  source.value = 1;
  source.value = 2;
  source.value = 1;
  vi.advanceTimersByTime(100);
  expect(told).toEqual([1]);
});

test("in the interval after a change a computed source is not computed", () => {
  const source = signal(0);
  const compute = vi.fn(() => source.value * 2);
  followPaced(computed(compute), 100, () => undefined);
  for (let value = 1; value <= 50; value++) source.value = value;
  expect(compute).toHaveBeenCalledTimes(2); // at the beginning, and for the first change
  vi.advanceTimersByTime(100);
  expect(compute).toHaveBeenCalledTimes(3);
});

test("nothing is told once it has ended, also not what was to be told later", () => {
  const source = signal(0);
  const told: number[] = [];
  const end = followPaced(source, 100, (value) => told.push(value));
  source.value = 1;
  source.value = 2;
  end();
  vi.advanceTimersByTime(1_000);
  source.value = 3;
  expect(told).toEqual([1]);
});
