// @vitest-environment happy-dom
import { EditorState, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { afterEach, expect, test } from "vitest";
import { blipDocument } from "../../conversation";
import { WaveDocument } from "../../ot";
import { readDocument } from "../document/mapping";
import { schema } from "../document/schema";
import { typingRules } from "../input/inputRules";
import { settling } from "./settling";
import { typing } from "./typing";

let view: EditorView | null = null;
afterEach(() => {
  view?.destroy();
  view = null;
  document.body.replaceChildren();
});

test("a key at the caret is put there by us, with the look that was chosen for it", () => {
  const shown = open("ab", 2);
  const bold = schema.mark("weight", { value: "bold" });
  shown.dispatch(shown.state.tr.addStoredMark(bold));
  expect(insert(shown, "x")).toBe(true);
  expect(shown.state.doc.textContent).toBe("axb");
  expect(shown.state.doc.nodeAt(2)?.marks).toEqual([bold]);
  expect(shown.state.selection.head).toBe(3);
});

test("a key takes the place of what is selected, also across lines", () => {
  const shown = open("one\ntwo", 2, 8);
  expect(insert(shown, "x")).toBe(true);
  expect(shown.state.doc.children.map((line) => line.textContent)).toEqual(["oxo"]);
});

test("what is typed can be the end of an abbreviation", () => {
  const shown = open("#", 2);
  insert(shown, " ");
  expect(shown.state.doc.child(0).attrs.attributes).toEqual({ t: "h1" });
});

test("what takes the place of something else than the selection is left to the browser", () => {
  const shown = open("a  ", 4);
  const text = shown.dom.querySelector("p")?.firstChild;
  if (text == null) throw new Error("the line is not drawn");
  const range = document.createRange();
  range.setStart(text, 2);
  range.setEnd(text, 3);
  expect(insert(shown, ". ", range)).toBe(false);
  expect(shown.state.doc.textContent).toBe("a  ");
});

test("what an input method composes is left to the browser", () => {
  const shown = open("ab", 2);
  expect(insert(shown, "か", null, { isComposing: true })).toBe(false);
  expect(shown.state.doc.textContent).toBe("ab");
});

function open(text: string, from: number, to = from): EditorView {
  const { doc } = readDocument(WaveDocument.fromOp(blipDocument(text)).runs());
  const selection = TextSelection.create(doc, from, to);
  const plugins = [typingRules(), settling(), typing()];
  view = new EditorView(document.body, { state: EditorState.create({ doc, selection, plugins }) });
  return view;
}

/** What a browser tells before it inserts text. Whether the editor took it upon itself. */
function insert(shown: EditorView, data: string, range: StaticRange | null = null, more: InputEventInit = {}): boolean {
  const event = new InputEvent("beforeinput", {
    inputType: "insertText",
    data,
    bubbles: true,
    cancelable: true,
    ...more,
  });
  Object.defineProperty(event, "getTargetRanges", { value: () => (range === null ? [] : [range]) });
  shown.dom.dispatchEvent(event);
  return event.defaultPrevented;
}
