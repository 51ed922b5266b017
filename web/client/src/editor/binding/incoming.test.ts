import fc from "fast-check";
import { EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import { describe, expect, test, vi } from "vitest";
import { blipDocument } from "../../conversation";
import { type DocOp, WaveDocument } from "../../ot";
import { nodeRuns } from "../document/items";
import { documentSize, readDocument } from "../document/mapping";
import { offsetAt } from "../document/positions";
import { anyBlip, anyGesture, documentOf, edited, plainRuns } from "../testing/arbitraries";
import { ChangeWriter } from "./changeWriter";
import { incoming, rebuild } from "./incoming";
import { mappedOffset } from "./places";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

test("after any remote edit the editor shows the document, and the selection is where its items are", () => {
  fc.assert(
    fc.property(
      anyBlip,
      fc.array(anyGesture, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.nat(),
      (runs, gestures, one, other) => {
        const document = documentOf(runs);
        const { op, after } = edited(document, gestures);
        const { doc, frame } = readDocument(document.runs());
        const size = doc.content.size;
        const selection = TextSelection.between(doc.resolve(one % size), doc.resolve(other % size));
        const transaction = EditorState.create({ doc, selection }).tr;
        const frameAfter = incoming(transaction, frame, op ?? [{ retain: document.size }], after);
        transaction.doc.check();
        expect(transaction.doc.toJSON()).toEqual(readDocument(after.runs()).doc.toJSON());
        expect(frameAfter).toEqual(readDocument(after.runs()).frame);
        if (selection.empty && op !== null) {
          const offset = mappedOffset(op, offsetAt(doc, frame, selection.head), -1);
          const shown = offsetAt(transaction.doc, frameAfter, transaction.selection.head);
          expect(Math.abs(shown - Math.max(offset, frameAfter.before + 2))).toBeLessThanOrEqual(2);
        }
      },
    ),
    { numRuns: 800 },
  );
});

test("an operation that makes another document of it altogether is shown too", () => {
  fc.assert(
    fc.property(anyBlip, anyBlip, (runs, others) => {
      const document = documentOf(runs);
      const writer = new ChangeWriter();
      for (const run of others) writer.insert(run);
      for (const run of document.runs()) writer.remove(run);
      const op = writer.finish();
      const after = document.clone();
      after.apply(op);
      const { doc, frame } = readDocument(document.runs());
      const transaction = EditorState.create({ doc }).tr;
      const frameAfter = incoming(transaction, frame, op, after);
      expect(transaction.doc.toJSON()).toEqual(readDocument(after.runs()).doc.toJSON());
      expect(documentSize({ doc: transaction.doc, frame: frameAfter })).toBe(after.size);
    }),
    { numRuns: 300 },
  );
});

describe("the caret", () => {
  test("stays in its word when others type before it in the same line, behind it and elsewhere at once", () => {
    const state = shown("one two\nthree", 6);
    const op: DocOp = [
      { retain: 3 },
      { chars: "😀😀" },
      { retain: 7 },
      { chars: "!" },
      { retain: 7 },
      { chars: "." },
      { retain: 1 },
    ];
    const after = applied(state, op);
    expect(after.doc.textBetween(0, after.selection.head)).toBe("😀😀one t");
  });

  test("stays before what somebody else types where it is", () => {
    const state = shown("ab", 2);
    expect(applied(state, [{ retain: 4 }, { chars: "x" }, { retain: 2 }]).selection.head).toBe(2);
  });

  test("a selection does not grow by what others type at its edges", () => {
    const state = shown("abc", 2, 3);
    const after = applied(state, [{ retain: 4 }, { chars: "x" }, { retain: 1 }, { chars: "y" }, { retain: 2 }]);
    expect(after.doc.textBetween(after.selection.from, after.selection.to)).toBe("b");
  });

  test("a selected picture stays selected when text comes before it", () => {
    const image: DocOp = [{ start: ["image", { attachment: "i" }] }, { end: true }];
    const document = WaveDocument.fromOp([
      { start: ["body", {}] },
      { start: ["line", {}] },
      { end: true },
      ...image,
      { end: true },
    ]);
    const { doc } = readDocument(document.runs());
    const state = EditorState.create({ doc, selection: NodeSelection.create(doc, 1) });
    const after = applied({ state, document }, [{ retain: 3 }, { chars: "ab" }, { retain: 3 }]);
    expect(after.selection).toBeInstanceOf(NodeSelection);
    expect(after.selection.from).toBe(3);
  });
});

test("only the line that changed is made anew", () => {
  const { state, document } = shown("one\ntwo\nthree", 1);
  const after = applied({ state, document }, [{ retain: 9 }, { chars: "x" }, { retain: document.size - 9 }]);
  expect(after.doc.child(0)).toBe(state.doc.child(0));
  expect(after.doc.child(2)).toBe(state.doc.child(2));
});

test("a rebuilt document keeps the selection by its item offsets", () => {
  const { state, document } = shown("hello", 4);
  const wrong = state.apply(state.tr.delete(1, 2));
  const transaction = wrong.tr;
  rebuild(transaction, readDocument(document.runs()).frame, document);
  expect(plainRuns(nodeRuns(transaction.doc))).toEqual(plainRuns(document.runs(1, document.size - 1)));
  expect(transaction.selection.head).toBe(3);
});

interface Shown {
  readonly state: EditorState;
  readonly document: WaveDocument;
}

function shown(text: string, anchor: number, head: number = anchor): Shown {
  const document = WaveDocument.fromOp(blipDocument(text));
  const { doc } = readDocument(document.runs());
  return { state: EditorState.create({ doc, selection: TextSelection.create(doc, anchor, head) }), document };
}

function applied({ state, document }: Shown, op: DocOp): EditorState {
  const { frame } = readDocument(document.runs());
  const after = document.clone();
  after.apply(op);
  const { tr } = state;
  incoming(tr, frame, op, after);
  return state.apply(tr);
}
