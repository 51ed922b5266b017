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
