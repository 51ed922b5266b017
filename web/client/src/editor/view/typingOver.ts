/**
 * Text that is put in the place of several lines without a key: by an input method, a picker, a spelling correction.
 *
 * ProseMirror leaves it to the browser, which would join the lines its own way, with styles that the page's policy
 * forbids. So the lines are taken away first.
 */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { settle } from "./settling";

/** The plugin. */
export function typingOver(): Plugin {
  return new Plugin({
    props: {
      handleDOMEvents: {
        beforeinput: (view, event) => {
          if (event.inputType !== "insertText" || event.data === null || event.isComposing) return false;
          settle(view);
          if (!spansLines(view)) return false;
          event.preventDefault();
          view.dispatch(view.state.tr.insertText(event.data).scrollIntoView());
          return true;
        },
        compositionstart: (view) => {
          settle(view);
          if (spansLines(view)) view.dispatch(view.state.tr.deleteSelection());
          return false;
        },
      },
    },
  });
}

function spansLines({ state }: EditorView): boolean {
  return !state.selection.$from.sameParent(state.selection.$to);
}
