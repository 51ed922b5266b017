/** Having the view know what the browser has done to text and selection before anything is done with them. */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/**
 * Have the view read what the browser has done to text and selection, before anything else is shown in it.
 *
 * ProseMirror reads them at `selectionchange`, which browsers send some time after a key has moved the caret; whatever is
 * drawn before that would put the caret back. May dispatch a transaction.
 */
export function settle(view: EditorView): void {
  if (view.hasFocus() && !view.composing) view.dom.ownerDocument.dispatchEvent(new Event("selectionchange"));
}

/**
 * For so long after the focus came, in ms, ProseMirror takes a caret at the start of the text for one that a browser has
 * put there, and moves it back when it reads it.
 */
const DISTRUSTFUL = 200;

/** A plugin that settles before each key: one right behind a key that moved the caret acts where the caret is now. */
export function settling(): Plugin {
  let focused = 0; // when, in ms since 1970
  return new Plugin({
    props: {
      handleDOMEvents: {
        focus: () => {
          focused = Date.now();
          return false;
        },
        keydown: (view, event) => {
          if (!event.isComposing && Date.now() - focused > DISTRUSTFUL) settle(view);
          return false;
        },
      },
    },
  });
}
