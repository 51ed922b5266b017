/** Links: made of what is selected, recognised while typing, and found again at the caret. */
import type { Mark, ResolvedPos } from "prosemirror-model";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { type KeyedMark, LINK_MARKS, markType } from "../document/annotations";
import { findLinks } from "../document/links";
import { schema } from "../document/schema";

/** The link at the selection: where it is, in positions, and where it leads. */
export interface LinkAt {
  readonly from: number;
  readonly to: number;
  readonly address: string;
}

/** The link in which the selection starts, if any. */
export function linkAt(state: EditorState): LinkAt | null {
  const { $from } = state.selection;
  const start = $from.start();
  const found = ($from.nodeAfter ?? $from.nodeBefore)?.marks.find(isLink) ?? $from.nodeBefore?.marks.find(isLink);
  if (found === undefined) return null;
  let range: LinkAt | null = null;
  let at = start;
  $from.parent.forEach((node) => {
    const end = at + node.nodeSize;
    if (found.isInSet(node.marks)) {
      const joins = range !== null && range.to === at;
      if (joins && range !== null) range = { ...range, to: end };
      else if (at <= $from.pos) range = { from: at, to: end, address: String(found.attrs.value) };
    }
    at = end;
  });
  return range;
}

/**
 * Link what is selected, or the link at the caret, to an address; with nothing of both, insert `text` as a link.
 * The address must be one that `linkAddress` gave.
 */
export function setLink(address: string, text: string): Command {
  return (state, dispatch) => {
    const { tr } = state;
    const mark = schema.mark("link", { value: address });
    const present = linkAt(state);
    const { from, to } = state.selection.empty && present !== null ? present : state.selection;
    if (from === to) tr.replaceSelectionWith(schema.text(text === "" ? address : text, [mark]), false);
    else withoutLinks(tr, from, to).addMark(from, to, mark);
    dispatch?.(tr.scrollIntoView());
    return true;
  };
}

/** Take the links from what is selected, or from the link at the caret. */
export const removeLink: Command = (state, dispatch) => {
  const present = linkAt(state);
  const { from, to } = state.selection.empty && present !== null ? present : state.selection;
  if (from === to) return false;
  dispatch?.(withoutLinks(state.tr, from, to));
  return true;
};

/** Make the word before a place a link if it is an address and no link yet. */
export function linkLastWord(transaction: Transaction, $at: ResolvedPos): Transaction {
  const before = $at.parent.textBetween(0, $at.parentOffset, undefined, "\ufffc");
  const start = before.search(/\S+$/u);
  if (start < 0) return transaction;
  const last = findLinks(before.slice(start))[0];
  if (last === undefined) return transaction;
  const from = $at.start() + start + last.from;
  const to = $at.start() + start + last.to;
  const taken = [...LINK_MARKS, "mention", "family"].some((name) =>
    transaction.doc.rangeHasMark(from, to, markType(schema, name)),
  );
  return taken ? transaction : transaction.addMark(from, to, schema.mark("linkAuto", { value: last.address }));
}

function withoutLinks(transaction: Transaction, from: number, to: number): Transaction {
  for (const name of LINK_MARKS) transaction.removeMark(from, to, markType(schema, name));
  return transaction;
}

function isLink(mark: Mark): boolean {
  return LINK_MARKS.includes(mark.type.name as (typeof LINK_MARKS)[number] & KeyedMark);
}
