import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { blipDocument } from "../../conversation";
import { type DocOp, WaveDocument } from "../../ot";
import { anyBlip, anyGesture, documentOf, edited } from "../testing/arbitraries";
import { EMPTY_HISTORY, GROUP_MS, type History, MOST_STEPS, recordOthers, recordOwn, redo, undo } from "./undo";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

const anyStep = fc.record({ own: fc.boolean(), gesture: anyGesture, pause: fc.constantFrom(10, GROUP_MS * 2) });

describe("undoing own edits", () => {
  test("all of them alone leads back to the beginning, and redoing all of them to the end", () => {
    fc.assert(
      fc.property(anyBlip, fc.array(anyStep, { maxLength: 8 }), (runs, steps) => {
        const first = documentOf(runs);
        const { document, history } = played(
          first,
          steps.map((step) => ({ ...step, own: true })),
        );
        const undone = revertedAll(document, history, undo);
        expect(undone.document.toOp()).toEqual(first.toOp());
        const redone = revertedAll(undone.document, undone.history, redo);
        expect(redone.document.toOp()).toEqual(document.toOp());
      }),
      { numRuns: 300 },
    );
  });

  test("always applies, whatever others do before, between and meanwhile", () => {
    fc.assert(
      fc.property(anyBlip, fc.array(anyStep, { maxLength: 10 }), fc.array(anyGesture), (runs, steps, meanwhile) => {
        let { document, history } = played(documentOf(runs), steps);
        for (const gesture of meanwhile) {
          ({ document, history } = revertedOnce(document, history, undo) ?? { document, history });
          ({ document, history } = played(document, [{ own: false, gesture, pause: 0 }], history));
        }
        ({ document, history } = revertedAll(document, history, undo));
        ({ document, history } = revertedAll(document, history, redo));
        expect(undo(history) === null || document.size > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("leaves exactly what others typed", () => {
    const typing = fc.record({
      own: fc.boolean(),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(typing, { maxLength: 14 }), (steps) => {
        let document = WaveDocument.fromOp(blipDocument(""));
        let history = EMPTY_HISTORY;
        for (const { own, at, length } of steps) {
          const op = insertion(document, at, (own ? "😀" : "b").repeat(length));
          document = after(document, op);
          history = own ? recordOwn(history, op, 0, at > 0.5) : recordOthers(history, op);
        }
        const undone = revertedAll(document, history, undo);
        const others = steps.filter((step) => !step.own).reduce((sum, step) => sum + step.length, 0);
        expect(undone.document.text()).toBe("b".repeat(others));
      }),
    );
  });
});

test("edits in one place in quick succession are one step, and a pause or another place begins the next", () => {
  let document = WaveDocument.fromOp(blipDocument("0123456789"));
  let history = EMPTY_HISTORY;
  const type = (at: number, text: string, now: number) => {
    const op: DocOp = [{ retain: at }, { chars: text }, { retain: document.size - at }];
    document = after(document, op);
    history = recordOwn(history, op, now);
  };
  type(3, "a", 0);
  type(4, "b", 100);
  type(12, "c", 200);
  type(13, "d", 300 + GROUP_MS);
  expect(history.undo).toHaveLength(3);
  const once = revertedOnce(document, history, undo);
  expect(once?.document.text()).toBe("ab0123456c789");
});

test("a step stays one when somebody else types in between", () => {
  let document = WaveDocument.fromOp(blipDocument(""));
  let history = EMPTY_HISTORY;
  for (const [own, at, text] of [
    [true, 3, "a"],
    [false, 3, "xy"],
    [true, 6, "b"],
  ] as const) {
    const op: DocOp = [{ retain: at }, { chars: text }, { retain: document.size - at }];
    document = after(document, op);
    history = own ? recordOwn(history, op, 0) : recordOthers(history, op);
  }
  expect(document.text()).toBe("xyab");
  expect(revertedOnce(document, history, undo)?.document.text()).toBe("xy");
});

test("what others have deleted already is skipped, and the step before it is undone", () => {
  let document = WaveDocument.fromOp(blipDocument(""));
  let history = EMPTY_HISTORY;
  for (const [own, op] of [
    [true, [{ retain: 3 }, { chars: "first" }, { retain: 1 }]],
    [true, [{ retain: 8 }, { chars: "second" }, { retain: 1 }]],
    [false, [{ retain: 8 }, { delchars: "second" }, { retain: 1 }]],
  ] as readonly (readonly [boolean, DocOp])[]) {
    document = after(document, op);
    history = own ? recordOwn(history, op, 0, true) : recordOthers(history, op);
  }
  const once = revertedOnce(document, history, undo);
  expect(once?.document.text()).toBe("");
});

test("no more than the latest steps are kept", () => {
  let history = EMPTY_HISTORY;
  for (let size = 4; size < MOST_STEPS + 50; size++) {
    history = recordOwn(history, [{ retain: 3 }, { chars: "a" }, { retain: size - 3 }], 0, true);
  }
  expect(history.undo).toHaveLength(MOST_STEPS);
});

interface Played {
  readonly document: WaveDocument;
  readonly history: History;
}

type Step = { readonly own: boolean; readonly gesture: Parameters<typeof edited>[1][number]; readonly pause: number };

function played(first: WaveDocument, steps: readonly Step[], start: History = EMPTY_HISTORY): Played {
  let document = first;
  let history = start;
  let now = 0;
  for (const { own, gesture, pause } of steps) {
    const { op, after: next } = edited(document, [gesture]);
    now += pause;
    if (op === null) continue;
    document = next;
    history = own ? recordOwn(history, op, now) : recordOthers(history, op);
  }
  return { document, history };
}

function revertedOnce(document: WaveDocument, history: History, revert: typeof undo): Played | null {
  const reverted = revert(history);
  return reverted && { document: after(document, reverted.op), history: reverted.history };
}

function revertedAll(document: WaveDocument, history: History, revert: typeof undo): Played {
  let state: Played = { document, history };
  for (;;) {
    const next = revertedOnce(state.document, state.history, revert);
    if (next === null) return state;
    state = next;
  }
}

function insertion(document: WaveDocument, at: number, text: string): DocOp {
  const place = 3 + Math.floor(at * (document.size - 4));
  return [{ retain: place }, { chars: text }, { retain: document.size - place }];
}

function after(document: WaveDocument, op: DocOp): WaveDocument {
  const next = document.clone();
  next.apply(op);
  return next;
}
