import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { anyBlip, documentOf, plainRuns } from "../testing/arbitraries";
import { NO_ANNOTATIONS } from "./annotations";
import { itemSize, joinedRuns, nodeRuns, type Run } from "./items";
import { documentSize, readDocument } from "./mapping";
import { offsetAt, positionAt, runsBetween } from "./positions";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

describe("any blip that the schema accepts", () => {
  test("is shown as lines that stand for the same items", () => {
    fc.assert(
      fc.property(anyBlip, (runs) => {
        const document = documentOf(runs);
        const { doc, frame } = readDocument(document.runs());
        doc.check();
        const content = document.runs(frame.before, document.size - frame.after);
        expect(plainRuns(nodeRuns(doc))).toEqual(plainRuns(content));
        expect(documentSize({ doc, frame })).toBe(document.size);
        expect(frame.missing).toBe("nothing");
      }),
      { numRuns: 300 },
    );
  });

  test("has a place for each position of the editor, and leads back to it", () => {
    fc.assert(
      fc.property(anyBlip, (runs) => {
        const { doc, frame } = readDocument(documentOf(runs).runs());
        let last = 0;
        for (let position = 0; position <= doc.content.size; position++) {
          const offset = offsetAt(doc, frame, position);
          expect(offset).toBeGreaterThanOrEqual(last);
          last = offset;
          if (!doc.resolve(position).parent.inlineContent || insidePair(doc.textBetween(0, position))) continue;
          expect(positionAt(doc, frame, offset)).toBe(position);
        }
        expect(last).toBe(frame.before + itemSize(doc));
      }),
      { numRuns: 200 },
    );
  });
});

function insidePair(before: string): boolean {
  return (before.charCodeAt(before.length - 1) & 0xfc00) === 0xd800;
}

test("an item offset counts code points, whatever a character takes in JavaScript", () => {
  const { doc, frame } = readDocument(blip("😀𝒜b"));
  expect(offsetAt(doc, frame, 1)).toBe(3);
  expect(offsetAt(doc, frame, 3)).toBe(4);
  expect(offsetAt(doc, frame, 5)).toBe(5);
  expect(positionAt(doc, frame, 5)).toBe(5);
  expect(runsBetween(doc, 3, 4)).toMatchObject([{ kind: "text", text: "𝒜" }]);
});

describe("documents that no schema would accept", () => {
  test("text before the first line is shown in a line of its own", () => {
    const { doc, frame } = readDocument([tag("body"), text("early"), tag("line"), END, text("late"), END]);
    expect(doc.textBetween(0, doc.content.size, "|")).toBe("early|late");
    expect(frame).toMatchObject({ before: -1, missing: "line" });
    expect(offsetAt(doc, frame, 1)).toBe(1);
    expect(offsetAt(doc, frame, 3)).toBe(3);
  });

  test("one without a body has an empty line, and so has one with an empty body", () => {
    expect(readDocument([])).toMatchObject({ doc: { childCount: 1 }, frame: { before: -2, missing: "body" } });
    expect(readDocument([tag("body"), END])).toMatchObject({
      doc: { childCount: 1 },
      frame: { before: -1, missing: "line" },
    });
  });

  test("a line with content is kept whole", () => {
    const runs = [tag("line"), END, tag("line"), text("odd"), END, text("after")];
    const { doc } = readDocument([tag("body"), ...runs, END]);
    expect(doc.childCount).toBe(1);
    expect(plainRuns(nodeRuns(doc))).toEqual(plainRuns(runs));
  });

  test("the text of a second body is told", () => {
    expect(readDocument([...blip("one"), ...blip("two")]).frame.tail).toBe("two");
  });
});

test("joining runs gives equal runs for equal items", () => {
  expect(joinedRuns([text("a"), text(""), text("b"), END])).toEqual([text("ab"), END]);
});

const END: Run = { kind: "end", annotations: NO_ANNOTATIONS };

function tag(type: string): Run {
  return { kind: "start", type, attributes: {}, annotations: NO_ANNOTATIONS };
}

function text(content: string): Run {
  return { kind: "text", text: content, annotations: NO_ANNOTATIONS };
}

function blip(content: string): readonly Run[] {
  return [tag("body"), tag("line"), END, text(content), END];
}
