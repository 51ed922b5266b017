// @vitest-environment happy-dom
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { afterEach, expect, test, vi } from "vitest";
import { schema } from "../document/schema";
import { scrolling } from "./scrolling";

afterEach(() => void vi.restoreAllMocks());

/** A view, what it was told to scroll to itself, and its frames, to be run by hand. The caret is `top` px down the page. */
function open(top: number) {
  const frames = new Map<number, FrameRequestCallback>();
  let ids = 0;
  vi.spyOn(globalThis, "requestAnimationFrame").mockImplementation((callback) => {
    frames.set(++ids, callback);
    return ids;
  });
  vi.spyOn(globalThis, "cancelAnimationFrame").mockImplementation((id) => void frames.delete(id));
  const scrolled = vi.fn(() => true);
  const doc = schema.node("doc", null, [schema.node("line")]);
  const view = new EditorView(document.body, {
    state: EditorState.create({ doc, plugins: [scrolling()] }),
    dispatchTransaction: (transaction) => {
      if (transaction.scrolledIntoView) scrolled();
      view.updateState(view.state.apply(transaction));
    },
  });
  vi.spyOn(view, "coordsAtPos").mockReturnValue({ top, bottom: top, left: 0, right: 0 }); // nothing has a size here
  view.focus();
  return { view, frames, scrolled };
}

test("however many keys ask for it, the caret is scrolled to once, in the next frame", () => {
  const { view, frames, scrolled } = open(5_000);
  for (const letter of "abc") view.dispatch(view.state.tr.insertText(letter).scrollIntoView());
  expect([frames.size, scrolled.mock.calls.length]).toEqual([1, 3]);
  for (const frame of [...frames.values()]) frame(0);
  expect([scrolled.mock.calls.length, view.state.doc.textContent]).toEqual([4, "abc"]);
  view.destroy();
});

test("a caret that is in view is not scrolled to", () => {
  const { view, frames, scrolled } = open(0);
  view.dispatch(view.state.tr.insertText("a").scrollIntoView());
  for (const frame of [...frames.values()]) frame(0);
  expect(scrolled).toHaveBeenCalledTimes(1);
  view.destroy();
});

test("a view that is gone scrolls no more", () => {
  const { view, frames } = open(5_000);
  view.dispatch(view.state.tr.scrollIntoView());
  view.destroy();
  expect(frames.size).toBe(0);
});
