import { expect, test } from "vitest";
import {
  acknowledged,
  adopted,
  type Control,
  edit,
  inFlight,
  type Landing,
  pending,
  received,
  refused,
  resumedWith,
  synced,
  unsavedEdits,
} from "./concurrency";
import { OutOfStep } from "./errors";
import type { Operations } from "./types";

const ANNA = "anna@example.com";

function at(version: number) {
  return { version, hash: `h${version}` };
}

function landing(from: number, count = 1): Landing {
  return { at: from, to: at(from + count) };
}

/** Insert `text` at item `place` of a document of `size` items. */
function typed(place: number, text: string, size: number): Operations {
  const parts = [
    ...(place > 0 ? [{ retain: place }] : []),
    { chars: text },
    ...(size > place ? [{ retain: size - place }] : []),
  ];
  return [{ doc: "b+1", op: parts }];
}

function awaiting(): Control {
  return edit(synced(at(5)), typed(0, "a", 2), "k1");
}

function buffering(): Control {
  return edit(awaiting(), typed(1, "b", 3), "k2");
}

test("the first edit is sent at once, and what follows is composed behind it", () => {
  const control = edit(buffering(), typed(2, "😀", 4), "k3");
  expect(control.kind).toBe("buffering");
  expect(inFlight(control)).toEqual({ key: "k1", operations: typed(0, "a", 2), edits: 1, sealed: false });
  expect(pending(control)[1]).toEqual({ key: "k2", operations: typed(1, "b😀", 3), edits: 2, sealed: false });
  expect(unsavedEdits(control)).toBe(3);
});

test("an acknowledgement settles what was in flight and brings up the buffer", () => {
  const step = acknowledged(buffering(), "k1", landing(5));
  expect(step.settled?.key).toBe("k1");
  expect(step.control).toMatchObject({ kind: "awaiting", version: at(6), sent: { key: "k2" } });
  expect(acknowledged(step.control, "k2", landing(6)).control).toEqual(synced(at(7)));
});

test("an acknowledgement of what is settled is not news", () => {
  const control = synced(at(6));
  expect(acknowledged(control, "k1", landing(5))).toEqual({ control, shown: [], settled: null });
  const next = edit(control, typed(0, "b", 3), "k2");
  expect(acknowledged(next, "k1", landing(5)).control).toBe(next);
});

test("an acknowledgement that overtakes deltas waits for them", () => {
  const early = acknowledged(awaiting(), "k1", landing(6));
  expect(early.settled).toBeNull();
  const step = received(early.control, ANNA, typed(2, "z", 2), landing(5), null);
  expect(step.shown).toEqual(typed(3, "z", 3));
  expect(step.settled?.key).toBe("k1");
  expect(step.control).toEqual(synced(at(7)));
});

test("a remote delta passes under what is pending, and one's own text stands first at the same place", () => {
  const step = received(buffering(), ANNA, typed(0, "z", 2), landing(5), null);
  expect(step.shown).toEqual(typed(2, "z", 4));
  expect(pending(step.control).map((submission) => submission.operations)).toEqual([
    typed(0, "a", 3),
    typed(1, "b", 4),
  ]);
  expect(step.control.version).toEqual(at(6));
});

test("a delta that is known already changes nothing", () => {
  const control = buffering();
  expect(received(control, ANNA, typed(0, "z", 2), landing(4), null).control).toBe(control);
});

test("a gap in the history is noticed and changes nothing", () => {
  const control = buffering();
  expect(() => received(control, ANNA, typed(0, "z", 2), landing(6), null)).toThrow(OutOfStep);
  const contradiction = { at: 4, to: at(6) };
  expect(() => received(control, ANNA, typed(0, "z", 2), contradiction, null)).toThrow(OutOfStep);
  expect(() => acknowledged(control, "k1", landing(4))).toThrow(OutOfStep);
});

test("work of somebody who has been removed, or that contradicts another's, cannot be reconciled", () => {
  expect(() => received(awaiting(), ANNA, [{ remove: ANNA }], landing(5), null)).toThrow(OutOfStep);
  const adding = edit(synced(at(5)), [{ add: "bob@example.com" }], "k1");
  expect(() => received(adding, ANNA, [{ remove: "bob@example.com" }], landing(5), null)).toThrow(OutOfStep);
});

test("one's own delta, met by its key, is the acknowledgement", () => {
  const step = received(buffering(), ANNA, typed(0, "a", 2), landing(5), "k1");
  expect(step.shown).toEqual([]);
  expect(step.settled?.key).toBe("k1");
  expect(step.control).toMatchObject({ kind: "awaiting", sent: { key: "k2" }, version: at(6) });
});

test("the same letter typed in another tab is another letter", () => {
  const step = received(awaiting(), ANNA, typed(0, "a", 2), landing(5), "other-1");
  expect(step.settled).toBeNull();
  expect(step.shown).toEqual(typed(1, "a", 3));
});

test("where the history holds more of a submission than was written down, the history counts", () => {
  const step = received(buffering(), ANNA, typed(0, "axy", 2), landing(5), "k1");
  expect(step.settled?.operations).toEqual(typed(0, "axy", 2));
  expect(step.control).toMatchObject({ kind: "awaiting", sent: { key: "k2" } });
  // "ab" was shown; now "a" goes and "axy" comes, and "b" stays pending.
  expect(pending(step.control)[0]?.operations).toEqual(typed(0, "b", 5));
});

test("a refused submission is taken out from under what was typed after it", () => {
  const step = refused(buffering(), ANNA, "k1");
  expect(step.shown).toEqual([{ doc: "b+1", op: [{ delchars: "a" }, { retain: 3 }] }]);
  expect(step.control).toMatchObject({ kind: "awaiting", version: at(5) });
  expect(inFlight(step.control)?.operations).toEqual(typed(0, "b", 2));
});

test("a refusal of what is settled changes nothing", () => {
  const control = awaiting();
  expect(refused(control, ANNA, "k0")).toEqual({ control, shown: [], settled: null });
});

test("what a tab that is gone left comes after what is pending here, under its own keys, and is sealed", () => {
  const left = pending(resumedWith(at(5), [{ key: "x1", operations: typed(2, "q", 2), edits: 4, sealed: false }]));
  const step = adopted(buffering(), ANNA, left);
  expect(step.shown).toEqual(typed(4, "q", 4));
  expect(pending(step.control).map(({ key }) => key)).toEqual(["k1", "k2", "x1"]);
  const later = edit(step.control, typed(0, "n", 5), "k4");
  expect(pending(later).map(({ key }) => key)).toEqual(["k1", "k2", "x1", "k4"]);
  expect(unsavedEdits(later)).toBe(7);
});

test("adopted work goes out by itself when nothing else is pending", () => {
  const step = adopted(synced(at(5)), ANNA, [{ key: "x1", operations: typed(2, "q", 2), edits: 1, sealed: true }]);
  expect(inFlight(step.control)?.key).toBe("x1");
});
