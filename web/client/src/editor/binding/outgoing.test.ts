import fc from "fast-check";
import { EditorState, type Transaction } from "prosemirror-state";
import { describe, expect, test, vi } from "vitest";
import { blipDocument } from "../../conversation";
import { type DocOp, validate, WaveDocument } from "../../ot";
import { nodeRuns } from "../document/items";
import { readDocument } from "../document/mapping";
import { schema } from "../document/schema";
import { anyBlip, anyGesture, documentOf, edited, plainRuns } from "../testing/arbitraries";
import { outgoing } from "./outgoing";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

test("whatever a transaction does, its operation leads to the document that the editor shows", () => {
  fc.assert(
    fc.property(anyBlip, fc.array(anyGesture, { minLength: 1, maxLength: 4 }), (runs, gestures) => {
      const document = documentOf(runs);
      const { before, transaction, op, after } = edited(document, gestures);
      if (op !== null) expect(validate(document.toOp(), op)).toBe("VALID");
      const { frame } = before;
      const content = after.runs(frame.before, after.size - frame.after);
      expect(plainRuns(content)).toEqual(plainRuns(nodeRuns(transaction.doc)));
      expect(firstLineDeleted(op ?? [], frame.before)).toBe(false);
    }),
    { numRuns: 1500 },
  );
});

test("a document without a body gets one with the first edit", () => {
  fc.assert(
    fc.property(fc.array(anyGesture, { minLength: 1, maxLength: 3 }), fc.boolean(), (gestures, body) => {
      const document = WaveDocument.fromOp(body ? [{ start: ["body", {}] }, { end: true }] : []);
      const { transaction, op, after } = edited(document, gestures);
      const mapped = readDocument(after.runs());
      expect(mapped.frame.missing).toBe(op === null ? (body ? "line" : "body") : "nothing");
      expect(plainRuns(nodeRuns(mapped.doc))).toEqual(plainRuns(nodeRuns(transaction.doc)));
    }),
  );
});

describe("an operation says no more than what was done", () => {
  test("typing in a row of equal letters inserts at the caret", () => {
    expect(operationFor("aaaa", (tr) => tr.insertText("a", 2))).toEqual([{ retain: 4 }, { chars: "a" }, { retain: 4 }]);
  });

  test("emoji are one item each", () => {
    expect(operationFor("😀😀", (tr) => tr.insertText("👩‍👧", 3))).toEqual([
      { retain: 4 },
      { chars: "👩‍👧" },
      { retain: 2 },
    ]);
    expect(operationFor("😀𝒜", (tr) => tr.delete(3, 5))).toEqual([{ retain: 4 }, { delchars: "𝒜" }, { retain: 1 }]);
  });

  test("replacing text by text that begins and ends alike touches only what differs", () => {
    expect(operationFor("hello", (tr) => tr.insertText("hallo", 1, 6))).toEqual([
      { retain: 4 },
      { chars: "a" },
      { delchars: "e" },
      { retain: 4 },
    ]);
  });

  test("Enter inserts a line and keeps the text behind it", () => {
    expect(operationFor("ab", (tr) => tr.split(2))).toEqual([
      { retain: 4 },
      { start: ["line", {}] },
      { end: true },
      { retain: 2 },
    ]);
  });

  test("making a heading changes one attribute", () => {
    const heading = (tr: Transaction) => tr.setBlockType(1, 2, schema.nodes.line, { attributes: { t: "h1" } });
    expect(operationFor("ab", heading)).toEqual([{ retain: 1 }, { updattrs: [["t", null, "h1"]] }, { retain: 4 }]);
  });

  test("bold annotates, and nothing else", () => {
    const bold = schema.mark("weight", { value: "bold" });
    expect(operationFor("abc", (tr) => tr.addMark(2, 3, bold))).toMatchObject([
      { retain: 4 },
      { ann: { change: [["style/fontWeight", null, "bold"]] } },
      { retain: 1 },
      { ann: { end: ["style/fontWeight"] } },
      { retain: 2 },
    ]);
  });

  test("two places changed at once leave what is between them alone", () => {
    expect(operationFor("abcdef", (tr) => tr.insertText("y", 6).insertText("x", 2))).toEqual([
      { retain: 4 },
      { chars: "x" },
      { retain: 4 },
      { chars: "y" },
      { retain: 2 },
    ]);
  });

  test("deleting the first line keeps its tags for the second one's text", () => {
    expect(operationFor("ab\ncd", (tr) => tr.delete(0, 4))).toEqual([
      { retain: 3 },
      { delchars: "ab" },
      { delstart: ["line", {}] },
      { delend: true },
      { retain: 3 },
    ]);
  });
});

function operationFor(text: string, change: (transaction: Transaction) => unknown): DocOp | null {
  const { doc, frame } = readDocument(WaveDocument.fromOp(blipDocument(text)).runs());
  const transaction = EditorState.create({ doc }).tr;
  change(transaction);
  return outgoing(doc, transaction.doc, frame, transaction.steps);
}

function firstLineDeleted(op: DocOp, before: number): boolean {
  let at = 0;
  for (const component of op) {
    if ("delstart" in component && at === before) return true;
    if ("retain" in component) at += component.retain;
    else if ("delchars" in component) at += [...component.delchars].length;
    else if ("delstart" in component || "delend" in component || "updattrs" in component) at++;
  }
  return false;
}
