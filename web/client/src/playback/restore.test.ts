import fc from "fast-check";
import { expect, test } from "vitest";
import { type DocOp, WaveDocument } from "../ot";
import { documents, operationBy, plans } from "../ot/testing/arbitraries";
import { replacing, restoring } from "./restore";

function document(op: DocOp): WaveDocument {
  return WaveDocument.fromOp(op);
}

function applied(state: ReadonlyMap<string, WaveDocument>, old: ReadonlyMap<string, WaveDocument>) {
  const after = new Map([...state].map(([id, doc]) => [id, doc.clone()]));
  for (const operation of restoring(state, old)) {
    if (!("doc" in operation)) throw new Error("restoring changes documents only");
    const doc = after.get(operation.doc) ?? WaveDocument.empty();
    doc.apply(operation.op);
    after.set(operation.doc, doc);
  }
  return new Map([...after].filter(([, doc]) => doc.size > 0).map(([id, doc]) => [id, doc.toOp()]));
}

const states = fc.dictionary(fc.constantFrom("conversation", "b+1", "b+2", "tags"), documents, { maxKeys: 4 }).map(
  (found) =>
    new Map(
      Object.entries(found)
        .map(([id, op]) => [id, document(op)] as const)
        .filter(([, doc]) => doc.size > 0),
    ),
);

test("applying what restores a state gives exactly its documents", () => {
  fc.assert(
    fc.property(states, states, (current, old) => {
      expect(applied(current, old)).toEqual(new Map([...old].map(([id, doc]) => [id, doc.toOp()])));
    }),
  );
});

test("a document that was edited goes back by an operation that applies to it", () => {
  fc.assert(
    fc.property(documents, plans, (op, plan) => {
      const old = document(op);
      const now = old.clone();
      now.apply(operationBy(plan, op));
      const back = replacing(now, old);
      now.apply(back);
      expect(now.toOp()).toEqual(old.toOp());
    }),
  );
});

test("nothing to restore is no operation", () => {
  fc.assert(
    fc.property(states, (state) => {
      expect(restoring(state, state)).toEqual([]);
    }),
  );
});

test("what both states begin and end with stays, astral characters included", () => {
  const body = (text: string): WaveDocument =>
    document([{ start: ["body", {}] }, { start: ["line", {}] }, { end: true }, { chars: text }, { end: true }]);
  expect(replacing(body("one 😀𝒜 three"), body("one 😀two𝒜 three"))).toEqual([
    { retain: 8 },
    { chars: "two" },
    { retain: 8 },
  ]);
});

test("text that stands elsewhere in both states stays, and so whose it is", () => {
  const body = (...lines: readonly string[]): WaveDocument =>
    document([
      { start: ["body", {}] },
      ...lines.flatMap((text): DocOp => [{ start: ["line", {}] }, { end: true }, { chars: text }]),
      { end: true },
    ]);
  expect(replacing(body("Mine is 30 m. I can bring 😀 two", "end"), body("I can bring 😀", "new", "end"))).toEqual([
    { retain: 3 },
    { delchars: "Mine is 30 m. " },
    { retain: 13 },
    { start: ["line", {}] },
    { end: true },
    { chars: "new" },
    { delchars: " two" },
    { retain: 6 },
  ]);
});

test("a message that is gone from the manifest comes back as itself, and the others stay themselves", () => {
  const blip = (id: string, ...inner: DocOp): DocOp => [{ start: ["blip", { id }] }, ...inner, { end: true }];
  const manifest = (...blips: readonly DocOp[]): WaveDocument =>
    document([{ start: ["conversation", {}] }, ...blips.flat(), { end: true }]);
  const thread: DocOp = [{ start: ["thread", { id: "t+1" }] }, ...blip("b+3"), { end: true }];
  expect(replacing(manifest(blip("b+2"), blip("b+4")), manifest(blip("b+1"), blip("b+2", ...thread)))).toEqual([
    { retain: 1 },
    ...blip("b+1"),
    { retain: 1 },
    ...thread,
    { retain: 1 },
    { delstart: ["blip", { id: "b+4" }] },
    { delend: true },
    { retain: 1 },
  ]);
});

test("a document that the old state has not is emptied, and the manifest goes first", () => {
  const one = document([{ chars: "x" }]);
  expect(
    restoring(
      new Map([
        ["b+1", one],
        ["conversation", one],
      ]),
      new Map(),
    ),
  ).toEqual([
    { doc: "conversation", op: [{ delchars: "x" }] },
    { doc: "b+1", op: [{ delchars: "x" }] },
  ]);
});
