/** "@" and the beginning of a name: what is searched for, and the mention that comes of it. */
import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import type { Person } from "../../app/people";
import { APART } from "../binding/binding";
import { schema } from "../document/schema";
import { hasFormat } from "./formatting";

/** What stands between the "@" and the caret. */
export interface MentionQuery {
  /** Positions of the "@" and of the caret. */
  readonly from: number;
  readonly to: number;
  /** What is typed behind the "@". */
  readonly text: string;
}

interface MentionState {
  readonly query: MentionQuery | null;
  /** Where a list was closed: it does not open again for the same "@". */
  readonly dismissed: number | null;
}

const KEY = new PluginKey<MentionState>("mentions");
const BEFORE_CARET = /(?:^|[\s([{"'„“«])@([\p{L}\p{N}._-]{0,40})$/u;

/** Follows what is typed behind an "@". `press` is asked first about keys while a list is shown. */
export function mentioning(press: (event: KeyboardEvent) => boolean): Plugin<MentionState> {
  return new Plugin<MentionState>({
    key: KEY,
    state: {
      init: () => ({ query: null, dismissed: null }),
      apply: (transaction, present, _before, after) => {
        const asked = transaction.getMeta(KEY) as "dismiss" | undefined;
        const moved = present.dismissed === null ? null : transaction.mapping.map(present.dismissed, -1);
        const dismissed = asked === "dismiss" ? (present.query?.from ?? moved) : moved;
        if (!transaction.docChanged && !transaction.selectionSet && asked === undefined) return present;
        const typed = transaction.docChanged || present.query !== null; // moving into an old "@" opens nothing
        const query = typed ? queryAt(after) : null;
        return query === null
          ? { query, dismissed: null }
          : { query: query.from === dismissed ? null : query, dismissed };
      },
    },
    props: {
      handleKeyDown: (view, event) => KEY.getState(view.state)?.query !== null && press(event),
    },
  });
}

/** What is searched for now. */
export function mentionQuery(state: EditorState): MentionQuery | null {
  return KEY.getState(state)?.query ?? null;
}

/** Close the list for this "@". */
export function dismissMention(transaction: Transaction): Transaction {
  return transaction.setMeta(KEY, "dismiss");
}

/** Put a mention of somebody in the place of what was typed, and a space behind it. */
export function insertMention(transaction: Transaction, query: MentionQuery, person: Person): Transaction {
  const mention = schema.text(`@${person.name}`, [schema.mark("mention", { value: person.address })]);
  return transaction
    .replaceWith(query.from, query.to, [mention, schema.text(" ")])
    .setStoredMarks([])
    .setMeta(APART, true)
    .scrollIntoView();
}

function queryAt(state: EditorState): MentionQuery | null {
  const { $from, empty } = state.selection;
  if (!empty || $from.depth !== 1 || hasFormat(state, "code")) return null;
  const before = $from.parent.textBetween(
    Math.max(0, $from.parentOffset - 60),
    $from.parentOffset,
    undefined,
    "\ufffc",
  );
  const text = BEFORE_CARET.exec(before)?.[1];
  return text === undefined ? null : { from: $from.pos - text.length - 1, to: $from.pos, text };
}
