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
}

/** What a pointer is on: text of one author's, the last version that changed it, and where on the screen, in px. */
export interface AuthoredPoint {
  readonly author: string;
  readonly version: number;
  readonly x: number;
  readonly y: number;
}

const KEY = new PluginKey<DecorationSet>("authors");

/**
 * The plugin. Tell it what to mark with `showMarks`; between that the marks move with the text. `pointed` is told
 * when a mouse comes onto an author's text, and with null when it leaves it.
 */
export function authors(pointed: (at: AuthoredPoint | null) => void): Plugin<DecorationSet> {
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
    props: {
      decorations: (state) => KEY.getState(state) ?? null,
      handleDOMEvents: {
        pointerover: (_view, event) => {
          const at = authoredAt(event);
          if (at !== null) pointed(at);
          return false;
        },
        pointerout: (_view, event) => {
          if (authoredAt(event) !== null) pointed(null);
          return false;
        },
      },
    },
  });
}

function authoredAt({ target, pointerType, clientX: x, clientY: y }: PointerEvent): AuthoredPoint | null {
  const mark = target instanceof Element ? target.closest<HTMLElement>(".gs-author") : null;
  const author = mark?.dataset.author;
  if (pointerType !== "mouse" || author === undefined) return null;
  return { author, version: Number(mark?.dataset.version), x, y };
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
  for (const { items, author, version } of byAuthor(marking.runs)) {
    const from = positionAt(doc, frame, at);
    const to = positionAt(doc, frame, at + items);
    at += items;
    if (from >= to) continue;
    const colour = `gs-author gs-person-bg-${marking.colourOf(author)}`;
    const attributes = { class: colour, "data-author": author, "data-version": String(version) };
    decorations.push(Decoration.inline(from, to, attributes));
  }
  return decorations;
}

/** Stretches of one author, as of their last version: one mark each, not one for each pause in the typing. */
function byAuthor(runs: readonly AttributionRun[]): readonly AttributionRun[] {
  const stretches: { items: number; readonly author: string; version: number }[] = [];
  for (const { items, author, version } of runs) {
    const last = stretches.at(-1);
    if (last?.author === author) {
      last.items += items;
      last.version = Math.max(last.version, version);
    } else stretches.push({ items, author, version });
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
