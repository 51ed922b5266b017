/** What typing makes of itself: Markdown-like marks at the start of a line and around words, and links. */
import { InputRule, inputRules } from "prosemirror-inputrules";
import type { EditorState, Plugin, Transaction } from "prosemirror-state";
import { APART } from "../binding/binding";
import type { LineAttributes } from "../document/items";
import { addFormat, type Format, formatMark, hasFormat } from "./formatting";
import { type LineStyle, setLine, styled, styleOf } from "./lines";
import { linkLastWord } from "./linking";

/** The plugin. Backspace and undo just after a rule bring back what was typed. */
export function typingRules(): Plugin {
  return inputRules({
    rules: [
      lineRule(/^(#{1,4}) $/, (marks) => `h${marks.length}` as LineStyle),
      lineRule(/^([-*]) $/, () => "bullets"),
      lineRule(/^(1[.)]) $/, () => "numbers"),
      formatRule(/(^|[^*])\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, 2, "bold"),
      formatRule(/(^|[^*\p{L}\p{N}])\*([^*\s](?:[^*]*[^*\s])?)\*$/u, 1, "italic"),
      formatRule(/(^|[^~])~~([^~\s](?:[^~]*[^~\s])?)~~$/, 2, "strike"),
      formatRule(/(^|[^`])`([^`\s](?:[^`]*[^`\s])?)`$/, 1, "code"),
      new InputRule(/\S( )$/, linkWhenSpaced),
    ],
  });
}

/** At the start of a plain line: the line becomes of another kind. */
function lineRule(pattern: RegExp, style: (marks: string) => LineStyle): InputRule {
  return new InputRule(pattern, (state, match, start, end) => {
    const $start = state.doc.resolve(start);
    const attributes = ($start.parent.attrs as LineAttributes).attributes;
    if (styleOf(attributes) !== "paragraph" || hasFormat(state, "code")) return null;
    const tr = state.tr.delete(start, end);
    return apart(setLine(tr, $start.before(1), styled(attributes, style(match[1] ?? ""))));
  });
}

/** Around words: marks of `width` characters on both sides go, and what is between them gets a format. */
function formatRule(pattern: RegExp, width: number, format: Format): InputRule {
  return new InputRule(pattern, (state, match, start, end) => {
    if (hasFormat(state, "code")) return null;
    const open = start + (match[1] ?? "").length;
    const inner = (match[2] ?? "").length;
    const tr = state.tr.delete(end - (width - 1), end).delete(open, open + width); // the last mark is not there yet
    return apart(addFormat(tr, open, open + inner, format).removeStoredMark(formatMark(format)));
  });
}

function linkWhenSpaced(state: EditorState, _match: RegExpMatchArray, _start: number, end: number): Transaction | null {
  if (hasFormat(state, "code")) return null;
  const tr = linkLastWord(state.tr, state.doc.resolve(end));
  return tr.docChanged ? apart(tr.insertText(" ", end)) : null;
}

function apart(transaction: Transaction): Transaction {
  return transaction.setMeta(APART, true);
}
