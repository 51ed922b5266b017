/** Others' carets and selections in the text. They are drawn only: neither pointers nor screen readers meet them. */
import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

/** Somebody's selection, in positions of the editor's document. */
export interface ShownCursor {
  readonly author: string;
  readonly name: string;
  /** 0 to 11. */
  readonly colour: number;
  readonly anchor: number;
  readonly head: number;
}

interface Placed extends ShownCursor {
  /** Grows when its owner moved it, which shows the name for a while; not when the text around it moved. */
  readonly moves: number;
}

interface CursorState {
  readonly placed: readonly Placed[];
  readonly decorations: DecorationSet;
}

const KEY = new PluginKey<CursorState>("cursors");

/** The plugin. Tell it of cursors with `showCursors`; between that it moves them with the text. */
export function cursors(): Plugin<CursorState> {
  return new Plugin<CursorState>({
    key: KEY,
    state: {
      init: () => ({ placed: [], decorations: DecorationSet.empty }),
      apply: (transaction, present, _before, after) => {
        const moved = transaction.docChanged ? mapped(present, transaction) : present;
        const told = transaction.getMeta(KEY) as readonly ShownCursor[] | undefined;
        return told === undefined ? moved : placedIn(after, moved.placed, told);
      },
    },
    props: { decorations: (state) => KEY.getState(state)?.decorations ?? null },
  });
}

/** Show just these. */
export function showCursors(transaction: Transaction, told: readonly ShownCursor[]): Transaction {
  return transaction.setMeta(KEY, told);
}

function mapped(present: CursorState, { mapping, doc }: Transaction): CursorState {
  const placed = present.placed.map((cursor) => ({
    ...cursor,
    anchor: mapping.map(cursor.anchor, -1),
    head: mapping.map(cursor.head, -1),
  }));
  return { placed, decorations: present.decorations.map(mapping, doc) };
}

function placedIn(state: EditorState, present: readonly Placed[], told: readonly ShownCursor[]): CursorState {
  const placed = told.map((cursor): Placed => {
    const before = present.find((other) => other.author === cursor.author);
    const stayed = before?.anchor === cursor.anchor && before.head === cursor.head;
    return { ...cursor, moves: (before?.moves ?? 0) + (stayed ? 0 : 1) };
  });
  return { placed, decorations: DecorationSet.create(state.doc, placed.flatMap(decorationsOf)) };
}

function decorationsOf(cursor: Placed): readonly Decoration[] {
  const { anchor, head, author, moves, colour } = cursor;
  const caret = Decoration.widget(head, (view) => caretElement(view.dom.ownerDocument, cursor), {
    key: `cursor ${author} ${moves}`,
    side: 10,
    ignoreSelection: true,
    marks: [],
  });
  if (anchor === head) return [caret];
  const attributes = { class: `gs-remote-selection gs-person-bg-${colour}` };
  return [caret, Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), attributes)];
}

function caretElement(document: Document, { colour, name }: Placed): HTMLElement {
  const caret = document.createElement("span");
  caret.className = `gs-remote-caret gs-person-${colour}`;
  caret.setAttribute("aria-hidden", "true");
  const flag = document.createElement("span");
  flag.className = "gs-remote-flag";
  flag.textContent = name;
  caret.append(flag);
  return caret;
}
