/** Scrolling to the caret in the next frame, which lays the text out anyway, instead of once more for each key. */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** The plugin. */
export function scrolling(): Plugin {
  let frame: number | null = null;
  let due = false;
  const scroll = (view: EditorView) => {
    frame = null;
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
