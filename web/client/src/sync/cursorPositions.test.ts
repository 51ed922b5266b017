import { expect, test } from "vitest";
import { cursorAfter, positionAfter } from "./cursorPositions";

test("a place moves with what is inserted before it, counted in code points", () => {
  expect(positionAfter([{ retain: 1 }, { chars: "😀𝒜" }, { retain: 5 }], 3, false)).toBe(5);
  expect(positionAfter([{ retain: 3 }, { chars: "x" }, { retain: 3 }], 2, false)).toBe(2);
});

test("what is inserted exactly there comes after the place, but before it for its owner", () => {
  const op = [{ retain: 2 }, { chars: "👍🏽" }, { retain: 3 }];
  expect(positionAfter(op, 2, false)).toBe(2);
  expect(positionAfter(op, 2, true)).toBe(4);
});

test("a place in what is deleted moves to where that was", () => {
  const op = [
    { retain: 1 },
    { delchars: "abc" },
    { delstart: ["line", {}] as const },
    { delend: true as const },
    { retain: 1 },
  ];
  expect([0, 1, 2, 4, 6, 7].map((place) => positionAfter(op, place, false))).toEqual([0, 1, 1, 1, 1, 2]);
});

test("changed attributes and annotations move nothing", () => {
  const op = [
    { ann: { change: [["lang", null, "de"] as const] } },
    { replattrs: [{ t: "h1" }, { t: "h2" }] as const },
    { ann: { end: ["lang"] } },
    { retain: 4 },
  ];
  expect(positionAfter(op, 3, false)).toBe(3);
});

test("operations on other documents leave a cursor as it is", () => {
  const cursor = { author: "ben@example.com", doc: "b+1", anchor: 1, head: 2 };
  expect(cursorAfter(cursor, [{ doc: "b+2", op: [{ chars: "x" }] }, { add: "eve@example.com" }], "x")).toBe(cursor);
});
