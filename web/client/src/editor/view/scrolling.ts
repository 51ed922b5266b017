/** Scrolling to the caret in the next frame, which lays the text out anyway, instead of once more for each key. */
import { NodeSelection, Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** The plugin. */
export function scrolling(): Plugin {
  let frame: number | null = null;
  let due = false;
  const scroll = (view: EditorView) => {
    frame = null;
    if (isCaretInView(view)) return; // as nearly always: another state costs as much as the key did
    due = true;
    view.dispatch(view.state.tr.scrollIntoView());
    due = false;
  };
  return new Plugin({
    view: () => ({
      destroy: () => {
        if (frame !== null) cancelAnimationFrame(frame);
        frame = null;
      },
    }),
    props: {
      handleScrollToSelection: (view) => {
        if (due) return false;
        frame ??= requestAnimationFrame(() => scroll(view));
        return true;
      },
    },
  });
}

/** Whether the caret is within all that may cut it off, so that there is nothing to scroll. */
function isCaretInView(view: EditorView): boolean {
  const { selection } = view.state;
  if (selection instanceof NodeSelection) return false;
  const caret = view.coordsAtPos(selection.head, 1);
  for (let around: Element | null = view.dom; around !== null; around = around.parentElement) {
    const { top, left } = around.getBoundingClientRect();
    const [inTop, inLeft] = [caret.top - top - around.clientTop, caret.left - left - around.clientLeft];
    const [inBottom, inRight] = [inTop + caret.bottom - caret.top, inLeft + caret.right - caret.left];
    if (inTop < 0 || inLeft < 0 || inBottom > around.clientHeight || inRight > around.clientWidth) return false;
  }
  return true;
}
