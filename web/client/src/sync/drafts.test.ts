import { expect, test } from "vitest";
import { draftsOf, explainDraft, insertedText } from "./drafts";
import type { Operations } from "./types";

let ids = 0;
const ORIGIN = {
  wavelet: "example.com/w+a/~/conv+root",
  at: 5,
  reason: "too-large",
  newId: () => {
    ids += 1;
    return `d${ids}`;
  },
};

test("a draft has what was typed, with a line for each line", () => {
  const line = [{ start: ["line", { t: "li" }] as const }, { end: true as const }];
  expect(insertedText([{ retain: 3 }, { chars: "one 😀" }, ...line, { chars: "two" }, { retain: 1 }])).toBe(
    "one 😀\ntwo",
  );
});

test("pieces from different places are on lines of their own", () => {
  expect(insertedText([{ chars: "a" }, { delchars: "x" }, { chars: "b" }, { retain: 9 }, { chars: "c" }])).toBe(
    "ab\nc",
  );
});

test("what was typed and deleted again is not in it", () => {
  const operations: Operations = [
    { doc: "b+1", op: [{ chars: "abc" }] },
    { doc: "b+1", op: [{ retain: 1 }, { delchars: "b" }, { retain: 1 }] },
    { doc: "b+2", op: [{ chars: "other" }] },
  ];
  expect(draftsOf(operations, ORIGIN).map(({ doc, text }) => [doc, text])).toEqual([
    ["b+1", "ac"],
    ["b+2", "other"],
  ]);
});

test("a change without text is a draft without text", () => {
  expect(draftsOf([{ add: "bob@example.com" }], ORIGIN)).toMatchObject([{ doc: "", text: "" }]);
  expect(draftsOf([{ doc: "b+1", op: [{ delchars: "x" }] }], ORIGIN)).toMatchObject([{ doc: "b+1", text: "" }]);
});

test("a draft says in words what happened and what to do", () => {
  expect(explainDraft(draftsOf([{ noop: true }], ORIGIN)[0])).toContain("smaller parts");
});
