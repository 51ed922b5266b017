/**
 * Text that takes the place of other text is put there by us, not by the browser.
 *
 * Browsers keep the look of what was there by styles of their own, also where they join lines, which the page's policy
 * forbids. ProseMirror leaves to them what comes without a key (from pickers and input methods) and what replaces text
 * within a line.
 */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { settle } from "./settling";

/**
 * For so long after the focus came, in ms, ProseMirror takes a caret at the start of the text for one that a browser has
 * put there, and moves it back when it reads it.
 */
const DISTRUSTFUL = 200;

/** The plugin. */
export function typingOver(): Plugin {
  let focused = 0; // when, in ms since 1970
  let deleted = false; // the browser deletes text: it would give what is typed next the look of that
  return new Plugin({
    props: {
      handleDOMEvents: {
        focus: () => {
          focused = Date.now();
          return false;
        },
        // A key that comes right behind one that moved the caret must not be carried out where the caret was.
        keydown: (view, event) => {
          if (!event.isComposing && Date.now() - focused > DISTRUSTFUL) settle(view);
          return false;
        },
        beforeinput: (view, event) => {
          const afterDeletion = deleted;
          deleted = event.inputType.startsWith("delete");
          if (event.inputType !== "insertText" || event.data === null || event.isComposing) return false;
          settle(view);
          if (view.state.selection.empty && !afterDeletion) return false;
          event.preventDefault();
          typeOver(view, event.data);
          return true;
        },
        // Within a line the selected text may be what is to be converted.
        compositionstart: (view) => {
          settle(view);
          const { $from, $to } = view.state.selection;
          if (!$from.sameParent($to)) view.dispatch(view.state.tr.deleteSelection());
          return false;
        },
      },
    },
  });
}

/** As ProseMirror does with a key where it does not leave it to the browser: input rules come first. */
function typeOver(view: EditorView, text: string): void {
  const { from, to } = view.state.selection;
  const plain = () => view.state.tr.insertText(text).scrollIntoView();
  if (view.someProp("handleTextInput", (handle) => handle(view, from, to, text, plain)) !== true)
    view.dispatch(plain());
}
