/**
 * Text that is typed is put there by us, not by the browser.
 *
 * Browsers keep the look of what was there by styles of their own, also after a deletion and where they join lines, which
 * the page's policy forbids; and finding out what a browser has done to a long text costs more than doing it. ProseMirror
 * leaves to them what comes without a key (from pickers and input methods) and what is typed within a line. Compositions
 * stay theirs.
 */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { settle } from "./settling";

/** The plugin. */
export function typing(): Plugin {
  return new Plugin({
    props: {
      handleDOMEvents: {
        beforeinput: (view, event) => {
          if (event.inputType !== "insertText" || event.data === null || event.isComposing) return false;
          settle(view);
          if (view.state.selection.empty && isElsewhere(view, event)) return false;
          event.preventDefault();
          type(view, event.data);
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

/** Whether the text takes the place of what is not selected, as a full stop does that of the second space on phones. */
function isElsewhere(view: EditorView, event: InputEvent): boolean {
  const [range] = event.getTargetRanges();
  if (range === undefined) return false;
  const { from, to } = view.state.selection;
  return (
    view.posAtDOM(range.startContainer, range.startOffset) !== from ||
    view.posAtDOM(range.endContainer, range.endOffset) !== to
  );
}

/** As ProseMirror does with a key where it does not leave it to the browser: input rules come first. */
function type(view: EditorView, text: string): void {
  const { from, to } = view.state.selection;
  const plain = () => view.state.tr.insertText(text).scrollIntoView();
  if (view.someProp("handleTextInput", (handle) => handle(view, from, to, text, plain)) !== true)
    view.dispatch(plain());
}
