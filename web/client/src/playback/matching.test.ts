import fc from "fast-check";
import { expect, test } from "vitest";
import { type Match, matches } from "./matching";

const words = fc.array(fc.constantFrom("a", "b", "c", " "), { maxLength: 20 });

/** The length of a longest common subsequence, by the plainest table. */
function longest(one: readonly string[], other: readonly string[]): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const word of one) {
    const next = [0];
    other.forEach((each, index) => {
      next.push(each === word ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

function kept(found: readonly Match[]): number {
  return found.reduce((sum, match) => sum + match.length, 0);
}

test("matches are the same on both sides, in order, and as many as there can be", () => {
  fc.assert(
    fc.property(words, words, (before, after) => {
      const found = matches(before, after, 100);
      let [x, y] = [0, 0];
      for (const match of found) {
        expect(match.before).toBeGreaterThanOrEqual(x);
        expect(match.after).toBeGreaterThanOrEqual(y);
        [x, y] = [match.before + match.length, match.after + match.length];
        expect(before.slice(match.before, x)).toEqual(after.slice(match.after, y));
      }
      expect(x).toBeLessThanOrEqual(before.length);
      expect(y).toBeLessThanOrEqual(after.length);
      expect(kept(found)).toBe(longest(before, after));
    }),
  );
});

test("what differs too much has only its beginning and its end in common", () => {
  const found = matches(["a", "1", "x", "2", "b"], ["a", "3", "x", "4", "b"], 3);
  expect(found).toEqual([
    { before: 0, after: 0, length: 1 },
    { before: 4, after: 4, length: 1 },
  ]);
});
