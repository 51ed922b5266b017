// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changePreferences } from "./preferences";
import { listenForShortcuts, registerShortcut, type ShortcutScope, shortcuts } from "./shortcuts";

let ran: string[];
let ends: (() => void)[];

function shortcut(keys: string, scope: ShortcutScope = "general", name = keys): void {
  ends.push(registerShortcut({ keys, scope, label: () => name, run: () => ran.push(name) }));
}

/** Press a key where the focus is, or on an element. */
function press(key: string, target: Element = document.body, modifiers: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers });
  target.dispatchEvent(event);
  return event;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no #${id}`);
  return found;
}

beforeEach(() => {
  ran = [];
  document.body.innerHTML = `
    <div data-shortcuts="list" data-shortcuts-main><a id="row" href="/x">row</a><input id="text" /></div>
    <div data-shortcuts="wave"><p id="blip" tabindex="0">blip</p></div>`;
  ends = [listenForShortcuts(document)];
});

afterEach(() => {
  for (const end of ends) end();
  changePreferences({ singleKeys: true });
});

describe("a shortcut", () => {
  it("runs while it is registered, and its key does nothing else", () => {
    shortcut("c");
    expect(press("c").defaultPrevented).toBe(true);
    ends.pop()?.();
    expect(press("c").defaultPrevented).toBe(false);
    expect(ran).toEqual(["c"]);
    expect(shortcuts.value).toEqual([]);
  });

  it("of one key does not get in the way of writing, while one with a modifier still works", () => {
    shortcut("c");
    shortcut("mod+k");
    press("c", element("text"));
    press("k", element("text"), { ctrlKey: true });
    expect(ran).toEqual(["mod+k"]);
  });

  it("of one key can be switched off", () => {
    shortcut("c");
    changePreferences({ singleKeys: false });
    press("c");
    expect(ran).toEqual([]);
  });

  it("applies in its own part of the page, and in the main part while the focus is nowhere", () => {
    shortcut("e", "list", "archive");
    shortcut("e", "wave", "edit");
    press("e", element("row"));
    press("e", element("blip"));
    press("e");
    expect(ran).toEqual(["archive", "edit", "archive"]);
  });

  it("does not take Enter from a link that has the focus", () => {
    shortcut("Enter", "list");
    expect(press("Enter", element("row")).defaultPrevented).toBe(false);
    expect(ran).toEqual([]);
  });

  it("rests while a dialog is open and while an input method composes", () => {
    shortcut("c");
    press("c", document.body, { isComposing: true });
    document.body.insertAdjacentHTML("beforeend", "<dialog open></dialog>");
    press("c");
    expect(ran).toEqual([]);
  });

  it("may be a sequence", () => {
    shortcut("g i");
    press("g");
    press("i");
    expect(ran).toEqual(["g i"]);
  });
});
