/** Formats that text can have: what they are in marks, how to switch them, and whether they are on. */
import type { Mark, Node } from "prosemirror-model";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { type KeyedMark, LINK_MARKS, markType } from "../document/annotations";
import { schema } from "../document/schema";
import { decorationWords, isBold, isItalic, isMonospace } from "../document/styling";

/** The formats that are on or off. */
export type Format = "bold" | "italic" | "underline" | "strike" | "code";

export const FORMATS: readonly Format[] = ["bold", "italic", "underline", "strike", "code"];

interface FormatRule {
  readonly mark: KeyedMark;
  readonly isOn: (value: string) => boolean;
  /** The mark's value when the format is switched; null for no mark. */
  readonly switched: (value: string | null, on: boolean) => string | null;
}

const RULES: Readonly<Record<Format, FormatRule>> = {
  bold: { mark: "weight", isOn: isBold, switched: (_, on) => (on ? "bold" : null) },
  italic: { mark: "slant", isOn: isItalic, switched: (_, on) => (on ? "italic" : null) },
  code: { mark: "family", isOn: isMonospace, switched: (_, on) => (on ? "monospace" : null) },
  underline: decoration("underline"),
  strike: decoration("line-through"),
};

/** Underline and strike share one annotation, so each keeps the other's word. */
function decoration(word: string): FormatRule {
  return {
    mark: "decoration",
    isOn: (value) => decorationWords(value).includes(word),
    switched: (value, on) => {
      const others = decorationWords(value ?? "").filter((each) => each !== word);
      const words = on ? [...others, word].sort().reverse() : others; // "underline line-through"
      return words.length === 0 ? null : words.join(" ");
    },
  };
}

/** Whether a format is on: for all text that is selected, or for what is typed next. */
export function hasFormat(state: EditorState, format: Format): boolean {
  const { mark, isOn } = RULES[format];
  return markValues(state, mark).every((value) => value !== null && isOn(value));
}

/** Switch a format on for what is selected, or off when all of it has it. */
export function toggleFormat(format: Format): Command {
  return (state, dispatch) => {
    const on = !hasFormat(state, format);
    dispatch?.(withMark(state, RULES[format].mark, (value) => RULES[format].switched(value, on)).scrollIntoView());
    return true;
  };
}

/** Give what is selected one value of a mark; null takes the mark away. */
export function setMarkValue(mark: KeyedMark, value: string | null): Command {
  return (state, dispatch) => {
    dispatch?.(withMark(state, mark, () => value));
    return true;
  };
}

/** Put the format's mark on a range of a transaction. */
export function addFormat(transaction: Transaction, from: number, to: number, format: Format): Transaction {
  const { mark, switched } = RULES[format];
  const value = switched(null, true);
  return value === null ? transaction : transaction.addMark(from, to, schema.mark(mark, { value }));
}

/** The mark that a format adds to text that has none. */
export function formatMark(format: Format): Mark {
  const { mark, switched } = RULES[format];
  return schema.mark(mark, { value: switched(null, true) ?? "" });
}

/** What typed text has that is not formatting: it stays when formatting is cleared. */
const KEPT_WHEN_CLEARED: ReadonlySet<string> = new Set([...LINK_MARKS, "mention", "lang", "annotation"]);

/** Take all formatting from what is selected; links, mentions and unknown annotations stay. */
export const clearFormatting: Command = (state, dispatch) => {
  const { from, to, empty } = state.selection;
  const { tr } = state;
  for (const type of Object.values(schema.marks)) {
    if (KEPT_WHEN_CLEARED.has(type.name)) continue;
    if (empty) tr.removeStoredMark(type);
    else tr.removeMark(from, to, type);
  }
  dispatch?.(tr);
  return true;
};

/** The one value of a mark on all that is selected; null when there is none, or several. */
export function commonValue(state: EditorState, mark: KeyedMark): string | null {
  const values = new Set(markValues(state, mark));
  const [only] = values;
  return values.size === 1 && only !== undefined ? only : null;
}

/** The values of a mark on the selected text, null where it has none. At least one. */
function markValues(state: EditorState, mark: KeyedMark): readonly (string | null)[] {
  const { from, to, empty, $from } = state.selection;
  if (empty) return [valueIn(state.storedMarks ?? $from.marks(), mark)];
  const values = new Set<string | null>();
  state.doc.nodesBetween(from, to, (node: Node) => {
    if (node.isInline) values.add(valueIn(node.marks, mark));
  });
  return values.size === 0 ? [null] : [...values];
}

function valueIn(marks: readonly Mark[], mark: KeyedMark): string | null {
  const found = markType(schema, mark).isInSet(marks);
  return found === undefined ? null : String(found.attrs.value);
}

/** A transaction that changes the mark's value on each selected text, or for what is typed next. */
function withMark(state: EditorState, mark: KeyedMark, change: (value: string | null) => string | null): Transaction {
  const { tr, selection } = state;
  const type = markType(schema, mark);
  if (selection.empty) {
    const value = change(valueIn(state.storedMarks ?? selection.$from.marks(), mark));
    return value === null ? tr.removeStoredMark(type) : tr.addStoredMark(type.create({ value }));
  }
  state.doc.nodesBetween(selection.from, selection.to, (node, position) => {
    if (!node.isInline) return;
    const from = Math.max(position, selection.from);
    const to = Math.min(position + node.nodeSize, selection.to);
    const value = change(valueIn(node.marks, mark));
    if (value === null) tr.removeMark(from, to, type);
    else tr.addMark(from, to, type.create({ value }));
  });
  return tr;
}
