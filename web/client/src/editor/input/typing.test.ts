// @vitest-environment happy-dom
import { EditorState, type Plugin, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { afterEach, describe, expect, test } from "vitest";
import { blipDocument } from "../../conversation";
import type { Attributes } from "../../ot";
import { WaveDocument } from "../../ot";
import type { LineAttributes } from "../document/items";
import { readDocument } from "../document/mapping";
import { cleaning } from "./cleaning";
import { type EditorCommand, stateCommand, statusOf } from "./commands";
import { typingRules } from "./inputRules";
import { editorKeys } from "./keys";

let view: EditorView | null = null;
afterEach(() => {
  view?.destroy();
  view = null;
});

describe("typing Markdown", () => {
  test.each([
    ["# Title", [["Title", { t: "h1" }]]],
    ["#### Small", [["Small", { t: "h4" }]]],
    ["- item", [["item", { t: "li" }]]],
    ["* item", [["item", { t: "li" }]]],
    ["1. item", [["item", { listyle: "decimal", t: "li" }]]],
    ["##### five", [["##### five", {}]]],
    ["2. later", [["2. later", {}]]],
  ] as const)("%s at the start of a line", (typed, expected) => {
    type(typed);
    expect(lines()).toEqual(expected);
  });

  test.each([
    ["**bold** x", "weight", "bold"],
    ["*it* x", "slant", "it"],
    ["a ~~gone~~ x", "decoration", "gone"],
    ["`code` x", "family", "code"],
    ["**😀 𝒜** x", "weight", "😀 𝒜"],
  ] as const)("%s formats what is between the marks", (typed, mark, text) => {
    type(typed);
    expect(marked(mark)).toBe(text);
    expect(editor().state.doc.textContent).toBe(typed.replace(/[*~`]/g, ""));
  });

  test("arithmetic and snake_case are left alone", () => {
    type("2 * 3 * 4 and a*b*c and file_name_x");
    expect(editor().state.doc.textContent).toBe("2 * 3 * 4 and a*b*c and file_name_x");
  });

  test("an address becomes a link with the space or Enter behind it, without the full stop", () => {
    type("see https://example.com/😀. ");
    expect(marked("linkAuto")).toBe("https://example.com/😀");
    type("www.example.org");
    press("Enter");
    expect(marked("linkAuto")).toContain("www.example.org");
  });

  test("Backspace brings back what was typed", () => {
    type("- ");
    press("Backspace");
    expect(lines()).toEqual([["- ", {}]]);
  });

  test("characters that no document may hold do not get in", () => {
    start("ab");
    editor().dispatch(editor().state.tr.insertText("x\u0007\ufffey", 2));
    expect(lines()).toEqual([["axyb", {}]]);
  });
});

describe("Enter", () => {
  test("at the end of a heading begins a paragraph", () => {
    type("# Title");
    press("Enter");
    type("text");
    expect(lines()).toEqual([
      ["Title", { t: "h1" }],
      ["text", {}],
    ]);
  });

  test("at the start of a heading puts an empty paragraph before it", () => {
    type("# Title");
    caret(1);
    press("Enter");
    expect(lines()).toEqual([
      ["", {}],
      ["Title", { t: "h1" }],
    ]);
  });

  test("goes on with a list, moves an empty item out, and then ends the list", () => {
    type("- one");
    press("Enter");
    press("Tab");
    expect(lines()).toEqual([
      ["one", { t: "li" }],
      ["", { i: "1", t: "li" }],
    ]);
    press("Enter");
    expect(lines()[1]).toEqual(["", { t: "li" }]);
    press("Enter");
    expect(lines()[1]).toEqual(["", {}]);
  });

  test("keeps the format that is typed in", () => {
    type("**b** ");
    run({ kind: "format", format: "italic" });
    press("Enter");
    type("x");
    expect(marked("slant")).toBe("x");
  });
});

describe("Backspace at the start of a line", () => {
  test("first makes a heading or an item a paragraph, then joins it to the line before", () => {
    start("one\ntwo");
    caret(6);
    run({ kind: "style", style: "h2" });
    press("Backspace");
    expect(lines()).toEqual([
      ["one", {}],
      ["two", {}],
    ]);
    press("Backspace");
    expect(lines()).toEqual([["onetwo", {}]]);
  });
});

describe("Tab", () => {
  test("is left to the browser outside of lists, so that it moves the focus on", () => {
    start("one");
    expect(press("Tab")).toBe(false);
    run({ kind: "style", style: "bullets" });
    expect(press("Tab")).toBe(true);
    expect(press("Tab", { shiftKey: true })).toBe(true);
    expect(lines()).toEqual([["one", { t: "li" }]]);
  });
});

describe("formats", () => {
  test("underline and strike do not push each other out", () => {
    start("word");
    select(1, 5);
    run({ kind: "format", format: "underline" });
    run({ kind: "format", format: "strike" });
    expect(values("decoration")).toEqual(["underline line-through"]);
    run({ kind: "format", format: "underline" });
    expect(values("decoration")).toEqual(["line-through"]);
    expect(statusOf(editor().state).formats).toEqual(new Set(["strike"]));
  });

  test("a format goes on where only a part has it, and off where all of it has", () => {
    start("word");
    select(1, 3);
    press("b", { ctrlKey: true });
    select(1, 5);
    press("b", { ctrlKey: true });
    expect(marked("weight")).toBe("word");
    press("b", { ctrlKey: true });
    expect(marked("weight")).toBe("");
  });

  test("clearing takes formats and colours, and leaves links", () => {
    start("word");
    select(1, 5);
    run({ kind: "link", address: "https://example.com/", text: "" });
    run({ kind: "color", value: "#b3242b" });
    run({ kind: "clear" });
    expect([values("color"), values("link")]).toEqual([[], ["https://example.com/"]]);
    expect(statusOf(editor().state).link).toBe("https://example.com/");
    run({ kind: "unlink" });
    expect(values("link")).toEqual([]);
  });

  test("alignment and indentation change attributes, and a style asked for twice is a paragraph again", () => {
    start("one\ntwo");
    select(1, 7);
    run({ kind: "align", alignment: "center" });
    run({ kind: "indent", by: 1 });
    run({ kind: "style", style: "h3" });
    run({ kind: "style", style: "h3" });
    expect(lines()).toEqual([
      ["one", { a: "c", i: "1" }],
      ["two", { a: "c", i: "1" }],
    ]);
  });
});

function editor(): EditorView {
  return view ?? start("");
}

function start(text: string): EditorView {
  view?.destroy();
  const { doc } = readDocument(WaveDocument.fromOp(blipDocument(text)).runs());
  const no = () => false;
  const plugins: readonly Plugin[] = [...editorKeys({ undo: no, redo: no, openLink: no }), typingRules(), cleaning()];
  view = new EditorView(document.createElement("div"), { state: EditorState.create({ doc, plugins }) });
  return view;
}

/** Type as a browser reports it: character by character, each offered to the plugins first. */
function type(text: string): void {
  const shown = editor();
  for (const character of text) {
    const { from, to } = shown.state.selection;
    const insert = () => shown.state.tr.insertText(character, from, to);
    if (!shown.someProp("handleTextInput", (handle) => handle(shown, from, to, character, insert)))
      shown.dispatch(insert());
  }
}

function press(key: string, modifiers: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, ...modifiers });
  return editor().someProp("handleKeyDown", (handle) => handle(editor(), event)) === true;
}

function run(command: Exclude<EditorCommand, { kind: "images" }>): void {
  stateCommand(command)?.(editor().state, (transaction) => editor().dispatch(transaction));
}

function select(from: number, to: number): void {
  editor().dispatch(editor().state.tr.setSelection(TextSelection.create(editor().state.doc, from, to)));
}

function caret(at: number): void {
  select(at, at);
}

function lines(): readonly (readonly [string, Attributes])[] {
  return editor().state.doc.children.map((line) => [line.textContent, (line.attrs as LineAttributes).attributes]);
}

function marked(mark: string): string {
  let text = "";
  editor().state.doc.descendants((node) => {
    if (node.marks.some((each) => each.type.name === mark)) text += node.text ?? "";
  });
  return text;
}

function values(mark: string): readonly string[] {
  const found: string[] = [];
  editor().state.doc.descendants((node) => {
    for (const each of node.marks) if (each.type.name === mark) found.push(String(each.attrs.value));
  });
  return found;
}
