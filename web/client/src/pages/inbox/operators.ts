/** The operators of searches, and what completes one that is being typed. Pure but for the words. */
import type { MessageKey } from "../../i18n";

export interface Operator {
  readonly name: string;
  /** Shown as an example in the help. */
  readonly example: string;
  readonly label: MessageKey;
}

export const OPERATORS = [
  { name: "in:", example: "in:archive", label: "inbox.opIn" },
  { name: "with:", example: "with:bob", label: "inbox.opWith" },
  { name: "creator:", example: "creator:bob", label: "inbox.opCreator" },
  { name: "tag:", example: "tag:plans", label: "inbox.opTag" },
  { name: "is:unread", example: "is:unread", label: "inbox.opIsUnread" },
  { name: "before:", example: "before:2026-01-31", label: "inbox.opBefore" },
  { name: "after:", example: "after:2026-01-01", label: "inbox.opAfter" },
  { name: "title:", example: "title:report", label: "inbox.opTitle" },
] as const satisfies readonly Operator[];

/** The operator that a message of the server about a search is about: its messages begin with it. */
export function operatorIn(message: string): { readonly written: string; readonly example: string } | undefined {
  const written = /^[a-z]+:/.exec(message)?.[0];
  const found = written === undefined ? undefined : OPERATORS.find(({ name }) => name.startsWith(written));
  return written === undefined || found === undefined ? undefined : { written, example: found.example };
}

/** The word that the caret is in or behind. Offsets in UTF-16 units, as the input field counts. */
export interface TypedWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A minus in front, which stays. */
  readonly negated: boolean;
}

/** Something to put in the typed word's place. */
export interface Suggestion {
  readonly text: string;
  /** What it means; null when it says so itself. */
  readonly label: MessageKey | null;
  /** Beside it instead: a person's name. */
  readonly name: string | null;
}

/** What the person is in the middle of typing. Spaces within quotes do not end a word. */
export function wordAt(query: string, caret: number): TypedWord {
  let start = 0;
  let quoted = false;
  for (let index = 0; index < caret; index += 1) {
    if (query[index] === '"') quoted = !quoted;
    else if (query[index] === " " && !quoted) start = index + 1;
  }
  const negated = query[start] === "-";
  if (negated) start += 1;
  return { text: query.slice(start, caret), start, end: caret, negated };
}

/** What begins like the word: operators, places after `in:`, states after `is:`. People are added by the field. */
export function suggestionsFor(word: string, places: readonly string[]): readonly Suggestion[] {
  const text = word.toLowerCase();
  if (text === "") return [];
  if (text.startsWith("in:")) return values("in:", ["inbox", "archive", "muted", "pinned", "all", ...places], text);
  if (text.startsWith("is:")) return values("is:", ["unread", "pinned", "muted", "private"], text);
  return OPERATORS.filter(({ name }) => name.startsWith(text) && name !== text).map(({ name, label }) => ({
    text: name,
    label,
    name: null,
  }));
}

/** The query with a suggestion in the word's place, and where the caret goes. */
export function completed(
  query: string,
  word: TypedWord,
  suggestion: string,
): { readonly query: string; readonly caret: number } {
  const end = suggestion.endsWith(":") ? "" : " ";
  const rest = query.slice(word.end).replace(/^ /, "");
  const before = `${query.slice(0, word.start)}${suggestion}${end}`;
  return { query: before + rest, caret: before.length };
}

function values(operator: string, all: readonly string[], typed: string): readonly Suggestion[] {
  const wanted = typed.slice(operator.length).replaceAll('"', "");
  return all
    .filter((value) => value.toLowerCase().startsWith(wanted) && value.toLowerCase() !== wanted)
    .map((value) => ({ text: `${operator}${/\s/.test(value) ? `"${value}"` : value}`, label: null, name: null }));
}
