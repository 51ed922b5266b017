import { expect, test } from "vitest";
import { type DocOp, WaveDocument } from "../ot";
import { highlighted } from "./highlight";

const YELLOW = "#fdf0b5";

test("the items of a change get a background, whatever they had, and the others stay", () => {
  const op: DocOp = [
    { start: ["body", {}] },
    { start: ["line", {}] },
    { end: true },
    { chars: "a😀" },
    { ann: { change: [["style/backgroundColor", null, "red"]] } },
    { chars: "𝒜b" },
    { ann: { end: ["style/backgroundColor"] } },
    { end: true },
  ];
  const document = WaveDocument.fromOp(op);
  const expected: DocOp = [
    { start: ["body", {}] },
    { start: ["line", {}] },
    { end: true },
    { chars: "a" },
    { ann: { change: [["style/backgroundColor", null, YELLOW]] } },
    { chars: "😀𝒜" },
    { ann: { change: [["style/backgroundColor", null, "red"]] } },
    { chars: "b" },
    { ann: { end: ["style/backgroundColor"] } },
    { end: true },
  ];
  expect(highlighted(document, [{ from: 4, to: 6 }])).toEqual(WaveDocument.fromOp(expected).toOp());
  expect(document.toOp()).toEqual(WaveDocument.fromOp(op).toOp());
  expect(highlighted(document, [])).toEqual(document.toOp());
});
