/** Who wrote what, as colours under the text, and which lines are new, as bars at their side. */
import type { Node } from "prosemirror-model";
import { Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { type AttributionRun, changesSince } from "../../history";
import { itemSize } from "../document/items";
import type { Mapped } from "../document/mapping";
import { positionAt } from "../document/positions";

/** What to mark. */
export interface Marking {
  readonly runs: readonly AttributionRun[];
  readonly showAuthors: boolean;
  /** Mark lines with text that others wrote after this version. */
  readonly unreadSince: number | null;
  readonly self: string;
  readonly colourOf: (author: string) => number;
  readonly titleOf: (author: string) => string;
}

const KEY = new PluginKey<DecorationSet>("authors");

/** The plugin. Tell it what to mark with `showMarks`; between that the marks move with the text. */
export function authors(): Plugin<DecorationSet> {
  return new Plugin<DecorationSet>({
    key: KEY,
    state: {
      init: () => DecorationSet.empty,
      apply: (transaction, present) => {
        const told = transaction.getMeta(KEY) as DecorationSet | undefined;
        if (told !== undefined) return told;
        return transaction.docChanged ? present.map(transaction.mapping, transaction.doc) : present;
      },
    },
    props: { decorations: (state) => KEY.getState(state) ?? null },
  });
}

/** Mark just this; null marks nothing. */
export function showMarks(transaction: Transaction, mapped: Mapped, marking: Marking | null): Transaction {
  const decorations = marking === null ? [] : [...authorMarks(mapped, marking), ...unreadMarks(mapped, marking)];
  return transaction.setMeta(KEY, DecorationSet.create(mapped.doc, decorations));
}

function authorMarks({ doc, frame }: Mapped, marking: Marking): readonly Decoration[] {
  if (!marking.showAuthors) return [];
  const decorations: Decoration[] = [];
  let at = 0;
  for (const { items, author } of byAuthor(marking.runs)) {
    const from = positionAt(doc, frame, at);
    const to = positionAt(doc, frame, at + items);
    at += items;
    if (from >= to) continue;
    const colour = `gs-author gs-person-bg-${marking.colourOf(author)}`;
    decorations.push(Decoration.inline(from, to, { class: colour, title: marking.titleOf(author) }));
  }
  return decorations;
}

/** Stretches of one author, whatever the version: one mark each, not one for each pause in the typing. */
function byAuthor(runs: readonly AttributionRun[]): readonly { readonly items: number; readonly author: string }[] {
  const stretches: { items: number; readonly author: string }[] = [];
  for (const { items, author } of runs) {
    const last = stretches.at(-1);
    if (last?.author === author) last.items += items;
    else stretches.push({ items, author });
  }
  return stretches;
}

function unreadMarks({ doc, frame }: Mapped, marking: Marking): readonly Decoration[] {
  const { unreadSince, self, runs } = marking;
  if (unreadSince === null) return [];
  const decorations: Decoration[] = [];
  const unread = changesSince(runs, unreadSince, self);
  let next = 0;
  let from = frame.before;
  doc.forEach((line: Node, position) => {
    const to = from + itemSize(line);
    while (next < unread.length && (unread[next]?.to ?? 0) <= from) next++;
    if ((unread[next]?.from ?? Number.POSITIVE_INFINITY) < to) {
      decorations.push(Decoration.node(position, position + line.nodeSize, { class: "gs-unread" }));
    }
    from = to;
  });
  return decorations;
}
