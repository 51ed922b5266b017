import { describe, expect, it } from "vitest";
import { canonical, isSingleKey, type KeyPress, NO_SEQUENCE, nameOf, shownKeys, step } from "./keys";

function press(key: string, modifiers: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers };
}

describe("a key press", () => {
  it("is named by what it writes", () => {
    expect(nameOf(press("c"), false)).toBe("c");
    expect(nameOf(press("?", { shiftKey: true }), false)).toBe("?");
    expect(nameOf(press("E", { shiftKey: true }), false)).toBe("shift+e");
    expect(nameOf(press(" "), false)).toBe("Space");
    expect(nameOf(press("Enter", { shiftKey: true }), false)).toBe("shift+Enter");
  });

  it("has Command for mod on Apple's machines and Ctrl elsewhere", () => {
    expect(nameOf(press("k", { metaKey: true }), true)).toBe("mod+k");
    expect(nameOf(press("k", { ctrlKey: true }), false)).toBe("mod+k");
    expect(nameOf(press("k", { ctrlKey: true }), true)).toBe("k");
  });
});

describe("a shortcut", () => {
  it("may be written in any case", () => {
    expect(canonical("Shift+Enter")).toBe("shift+Enter");
    expect(canonical("Mod+K")).toBe("mod+k");
    expect(canonical("G I")).toBe("g i");
  });

  it("rests while somebody writes unless it has a modifier", () => {
    expect(["c", "g i", "shift+e", "Enter", "?"].every(isSingleKey)).toBe(true);
    expect(["mod+k", "alt+x", "mod+shift+x"].some(isSingleKey)).toBe(false);
  });

  it("is shown as keycaps", () => {
    expect(shownKeys("g i", false)).toEqual([["G"], ["I"]]);
    expect(shownKeys("mod+shift+x", false)).toEqual([["Ctrl", "Shift", "X"]]);
    expect(shownKeys("mod++", true)).toEqual([["⌘", "+"]]);
  });
});

describe("a sequence", () => {
  const shortcuts = ["c", "i", "g i", "g a"];

  it("takes its keys one after the other", () => {
    const first = step(NO_SEQUENCE, "g", 0, shortcuts);
    expect(first.matched).toBeNull();
    expect(step(first.sequence, "i", 500, shortcuts).matched).toBe("g i");
  });

  it("is forgotten after a while", () => {
    const first = step(NO_SEQUENCE, "g", 0, shortcuts);
    expect(step(first.sequence, "i", 5_000, shortcuts).matched).toBe("i");
  });

  it("gives way to another shortcut when the second key does not belong to it", () => {
    const first = step(NO_SEQUENCE, "g", 0, shortcuts);
    expect(step(first.sequence, "c", 100, shortcuts).matched).toBe("c");
    expect(step(first.sequence, "g", 100, shortcuts).sequence.pressed).toBe("g");
  });
});
