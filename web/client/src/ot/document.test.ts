import { expect, test } from "vitest";
import { WaveDocument } from "./document";
import { InvalidOperation } from "./errors";
import { OpBuilder } from "./opBuilder";

const LINES = 3000; // enough for many chunks

function manyLines(): WaveDocument {
  const builder = new OpBuilder().start("body");
  for (let line = 0; line < LINES; line++)
    builder
      .start("line")
      .end()
      .chars(`${line % 10} 😀 of many words`);
  return WaveDocument.fromOp(builder.end().build());
}

test("supplementary characters are one item each, wherever they are cut", () => {
  const document = WaveDocument.fromOp([{ chars: "a😀𝒜b" }]);
  expect(document.size).toBe(4);
  document.apply([{ retain: 2 }, { chars: "👩‍🚀" }, { delchars: "𝒜" }, { retain: 1 }]);
  expect([document.text(), document.size]).toEqual(["a😀👩‍🚀b", 6]);
  expect(document.text(1, 3)).toBe("😀👩");
});

test("runs are as long as their annotations are the same, however the document came about", () => {
  const document = WaveDocument.empty();
  document.apply([{ chars: "x".repeat(2000) }]);
  document.apply([{ retain: 1000 }, { chars: "😀" }, { retain: 1000 }]);
  expect([...document.runs()].map(({ kind, items }) => [kind, items])).toEqual([["text", 2001]]);
  document.apply(
    new OpBuilder()
      .retain(1000)
      .annotate(["style/fontWeight", null, "bold"])
      .retain(1)
      .endAnnotations(["style/fontWeight"])
      .retain(1000)
      .build(),
  );
  const runs = [...document.runs()];
  expect(runs.map(({ items, annotations }) => [items, [...annotations]])).toEqual([
    [1000, []],
    [1, [["style/fontWeight", "bold"]]],
    [1000, []],
  ]);
});

test("typing everywhere in a large document keeps it whole", () => {
  const document = manyLines();
  const expected = Array.from(document.text());
  const size = document.size;
  const builder = new OpBuilder().retain(1);
  for (let line = 0; line < LINES; line++) builder.retain(3).chars("é").deleteChars(" ").retain(15);
  document.apply(builder.retain(1).build());
  expect(document.size).toBe(size);
  expect(document.text()).toBe(expected.map((character, index) => (index % 17 === 1 ? "é" : character)).join(""));
  expect(WaveDocument.fromOp(document.toOp()).toOp()).toEqual(document.toOp());
});

test("a clone and what it was made of go their own ways", () => {
  const document = manyLines();
  const clone = document.clone();
  clone.apply([{ chars: "clone" }, { retain: document.size }]);
  document.apply([{ retain: document.size }, { chars: "original" }]);
  expect(clone.text()).not.toContain("original");
  expect(document.text()).not.toContain("clone");
});

test("deleting nearly everything leaves the rest", () => {
  const document = manyLines();
  const builder = new OpBuilder().retain(1);
  for (let line = 0; line < LINES - 1; line++) {
    builder
      .deleteStart("line")
      .deleteEnd()
      .deleteChars(`${line % 10} 😀 of many words`);
  }
  document.apply(builder.retain(20).build());
  expect(document.text()).toBe("9 😀 of many words");
  expect(document.size).toBe(21);
});

test.each([
  [[{ retain: 3 }], "the operation ends before the document, which has 4 items, at item 3 of the document"],
  [[{ retain: 5 }], "a retain of 5 items goes past the end of the document, which has 4, at item 0"],
  [[{ retain: 4 }, { delchars: "a" }], "the operation goes past the end of the document, at item 4"],
  [[{ delchars: "ab" }, { retain: 2 }], "the characters to delete are not those of the document, at item 0"],
  [
    [{ retain: 2 }, { delchars: "b" }, { retain: 1 }],
    "characters to delete, where the document has an element, at item 2",
  ],
  [
    [{ delstart: ["p", {}] as const }, { delend: true as const }, { retain: 2 }],
    "no element starts here, where <p> is",
  ],
  [
    [{ retain: 2 }, { delstart: ["p", {}] as const }, { delend: true as const }],
    "the element here, <p>, is not the one to be deleted, or has other attributes, at item 2",
  ],
  [[{ replattrs: [{}, {}] as const }, { retain: 3 }], "there is no element start here whose attributes could change"],
  [[{ retain: 2 }, { replattrs: [{}, {}] as const }, { retain: 1 }], "the attributes of <p> here are not those"],
  [
    [{ retain: 2 }, { updattrs: [["a", null, "2"]] as const }, { retain: 1 }],
    "the attributes of <p> here are not those",
  ],
  [
    [{ ann: { change: [["k", "1", null]] as const } }, { retain: 4 }, { ann: { end: ["k"] } }],
    'the annotation "k" is absent here, where a value is to change',
  ],
])("an operation that does not fit is refused with the reason and the place: %j", (op, message) => {
  const document = WaveDocument.fromOp([{ chars: "a😀" }, { start: ["p", { a: "1" }] }, { end: true }]);
  const before = JSON.stringify(document.toOp());
  expect(() => document.apply(op)).toThrow(InvalidOperation);
  expect(() => document.apply(op)).toThrow(message);
  expect(JSON.stringify(document.toOp())).toBe(before);
});

test("ranges outside a document are refused", () => {
  const document = WaveDocument.fromOp([{ chars: "😀" }]);
  expect(() => document.text(0, 2)).toThrow(RangeError);
  expect(() => document.runs(1, 0)).toThrow(RangeError);
});
