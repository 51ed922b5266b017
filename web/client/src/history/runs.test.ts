import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoints, type DocOp, WaveDocument } from "../ot";
import { documents, operationBy, plans } from "../ot/testing/arbitraries";
import { changesSince, insertedBy } from "./changes";
import { AttributionMismatch, type AttributionRun, advanced, itemsOf, wholly } from "./runs";

type Item = { readonly author: string; readonly version: number };

/** One entry per item, by the plainest walk there is. */
function naive(items: readonly Item[], op: DocOp, by: Item): readonly Item[] {
  const after: Item[] = [];
  let at = 0;
  const insert = (count: number): void => void after.push(...Array.from({ length: count }, () => by));
  for (const component of op) {
    if ("retain" in component) {
      after.push(...items.slice(at, at + component.retain));
      at += component.retain;
    } else if ("chars" in component) insert([...component.chars].length);
    else if ("start" in component || "end" in component) insert(1);
    else if ("delchars" in component) at += [...component.delchars].length;
    else if ("delstart" in component || "delend" in component) at += 1;
    else if (!("ann" in component)) {
      after.push(...items.slice(at, at + 1));
      at += 1;
    }
  }
  return after;
}

function flat(runs: readonly AttributionRun[]): readonly Item[] {
  return runs.flatMap(({ items, author, version }) => Array.from({ length: items }, () => ({ author, version })));
}

/** Operations on an empty document, one after the other. */
const histories: fc.Arbitrary<readonly DocOp[]> = fc
  .tuple(documents, fc.array(plans, { maxLength: 7 }))
  .map(([first, later]) => {
    const document = WaveDocument.fromOp(first);
    const following = later.map((plan) => {
      const op = operationBy(plan, document.toOp());
      document.apply(op);
      return op;
    });
    return [first, ...following];
  });

test("runs say of every item what one entry per item says", () => {
  fc.assert(
    fc.property(histories, fc.array(fc.constantFrom("anna@a.test", "ben@b.test"), { minLength: 8 }), (ops, authors) => {
      let runs: readonly AttributionRun[] = [];
      let items: readonly Item[] = [];
      ops.forEach((op, index) => {
        const by = { author: authors[index % authors.length] ?? "", version: index + 1 };
        runs = advanced(runs, op, by);
        items = naive(items, op, by);
        expect(flat(runs)).toEqual(items);
        expect(itemsOf(runs)).toBe(items.length);
        expect(runs.every((run) => run.items > 0)).toBe(true);
      });
    }),
  );
});

test("what is typed beside one's own text of the same version is one run", () => {
  const by = { author: "anna@a.test", version: 3 };
  const runs = advanced(wholly(2, by), [{ retain: 1 }, { chars: "👨‍👩‍👧" }, { retain: 1 }], by);
  expect(runs).toEqual([{ items: 2 + codePoints("👨‍👩‍👧"), ...by }]);
});

test("an operation for another document is told apart", () => {
  const by = { author: "anna@a.test", version: 1 };
  for (const op of [[{ retain: 2 }], [{ retain: 4 }], [{ delchars: "xxxx" }]])
    expect(() => advanced(wholly(3, by), op, by)).toThrow(AttributionMismatch);
});

test("changes since a version are others' items, neighbours in one range", () => {
  const runs: readonly AttributionRun[] = [
    { items: 2, author: "anna@a.test", version: 9 },
    { items: 3, author: "ben@b.test", version: 4 },
    { items: 1, author: "ben@b.test", version: 6 },
    { items: 2, author: "eve@b.test", version: 7 },
    { items: 1, author: "ben@b.test", version: 5 },
    { items: 4, author: "ben@b.test", version: 8 },
  ];
  expect(changesSince(runs, 5, "anna@a.test")).toEqual([
    { from: 5, to: 8 },
    { from: 9, to: 13 },
  ]);
  expect(changesSince(runs, 9, "anna@a.test")).toEqual([]);
  expect(insertedBy(runs, 6)).toEqual([{ from: 5, to: 6 }]);
});
