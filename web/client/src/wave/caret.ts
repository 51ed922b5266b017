/**
 * Put the caret of what has the focus where the pointer is, in px of the page's view.
 *
 * A blip that is only read becomes one that is written in by a press; the browser has placed no caret then, since
 * what was pressed could not hold one.
 */
export function placeCaret({ x, y }: { readonly x: number; readonly y: number }): void {
  const place = caretFromPoint(x, y);
  const editor = document.activeElement;
  if (place !== null && editor?.contains(place.node) === true) {
    document.getSelection()?.collapse(place.node, place.offset);
  }
}

interface CaretPlace {
  readonly node: Node;
  readonly offset: number;
}

function caretFromPoint(x: number, y: number): CaretPlace | null {
  if ("caretPositionFromPoint" in document) {
    const found = document.caretPositionFromPoint(x, y);
    return found && { node: found.offsetNode, offset: found.offset };
  }
  const range = olderCaretFromPoint(x, y);
  return range && { node: range.startContainer, offset: range.startOffset };
}

/** Safari before 26.2 has only this. */
function olderCaretFromPoint(x: number, y: number): Range | null {
  const page: { readonly caretRangeFromPoint?: (x: number, y: number) => Range | null } = globalThis.document;
  return page.caretRangeFromPoint?.(x, y) ?? null;
}
