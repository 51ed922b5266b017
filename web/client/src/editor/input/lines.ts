/** What lines can be, and the commands that make them so: headings, lists, alignment, indentation, Enter and Backspace. */
import type { Command, EditorState, Transaction } from "prosemirror-state";
import type { Attributes } from "../../ot";
import type { LineAttributes } from "../document/items";
import { MOST_INDENT, schema } from "../document/schema";
import { linkLastWord } from "./linking";

/** The kinds of line that the editor makes. */
export type LineStyle = "paragraph" | "h1" | "h2" | "h3" | "h4" | "bullets" | "numbers";

export const LINE_STYLES: readonly LineStyle[] = ["paragraph", "h1", "h2", "h3", "h4", "bullets", "numbers"];

export type Alignment = "start" | "center" | "end" | "justify";

const ALIGNMENT_CODES: Readonly<Record<Alignment, string | undefined>> = {
  start: undefined,
  center: "c",
  end: "r",
  justify: "j",
};

/** A line's attributes with a change: undefined takes an attribute away. */
export function changed(attributes: Attributes, change: Readonly<Record<string, string | undefined>>): Attributes {
  const entries = Object.entries({ ...attributes, ...change });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined).sort());
}

/** The kind of a line with these attributes. */
export function styleOf(attributes: Attributes): LineStyle {
  if (attributes.t === "li") return attributes.listyle === "decimal" ? "numbers" : "bullets";
  return LINE_STYLES.find((style) => style === attributes.t) ?? "paragraph";
}

/** The attributes of a line made another kind; its alignment and direction stay. */
export function styled(attributes: Attributes, style: LineStyle): Attributes {
  const isList = style === "bullets" || style === "numbers";
  const wasList = attributes.t === "li";
  return changed(attributes, {
    t: style === "paragraph" ? undefined : isList ? "li" : style,
    listyle: style === "numbers" ? "decimal" : undefined,
    i: wasList && !isList ? undefined : attributes.i,
  });
}

function attributesOf(state: EditorState): Attributes {
  return (state.selection.$from.node(1)?.attrs as LineAttributes | undefined)?.attributes ?? {};
}

/** The kind of the line with the selection's start. */
export function currentStyle(state: EditorState): LineStyle {
  return styleOf(attributesOf(state));
}

/** The alignment of the line with the selection's start. */
export function currentAlignment(state: EditorState): Alignment {
  const code = attributesOf(state).a;
  return code === "c" ? "center" : code === "r" ? "end" : code === "j" ? "justify" : "start";
}

/** Change the attributes of each selected line. False when none changes. */
function changeLines(change: (attributes: Attributes) => Attributes): Command {
  return (state, dispatch) => {
    const { tr } = state;
    const { from, to } = state.selection;
    state.doc.nodesBetween(from, to, (node, position) => {
      if (node.type.name !== "line") return true;
      setLine(tr, position, change((node.attrs as LineAttributes).attributes));
      return false;
    });
    if (!tr.docChanged) return false;
    dispatch?.(tr.scrollIntoView());
    return true;
  };
}

/** Give the line at a position these attributes, if it has others. */
export function setLine(transaction: Transaction, position: number, attributes: Attributes): Transaction {
  const present = (transaction.doc.nodeAt(position)?.attrs as LineAttributes | undefined)?.attributes ?? {};
  const same = JSON.stringify(Object.entries(present).sort()) === JSON.stringify(Object.entries(attributes).sort());
  return same ? transaction : transaction.setNodeAttribute(position, "attributes", attributes);
}

/** Make the selected lines of this kind; paragraphs, if they are of it already. */
export function setStyle(style: LineStyle): Command {
  return (state, dispatch) => {
    const wanted = style !== "paragraph" && currentStyle(state) === style ? "paragraph" : style;
    return changeLines((attributes) => styled(attributes, wanted))(state, dispatch);
  };
}

/** Align the selected lines. */
export function align(alignment: Alignment): Command {
  return changeLines((attributes) => changed(attributes, { a: ALIGNMENT_CODES[alignment] }));
}

/** Move the selected lines one step in or out. */
export function indent(by: 1 | -1): Command {
  return changeLines((attributes) => {
    const steps = Math.max(0, Math.min(MOST_INDENT, Number(attributes.i ?? 0) + by));
    return changed(attributes, { i: steps === 0 ? undefined : String(steps) });
  });
}

/** The same in lists only, for the Tab key: elsewhere Tab moves the focus on. Taken in lists also where nothing moves. */
export function indentList(by: 1 | -1): Command {
  return (state, dispatch) => {
    if (attributesOf(state).t !== "li") return false;
    indent(by)(state, dispatch);
    return true;
  };
}

/**
 * Enter: a new line like this one. At the end of a heading it is a paragraph, at its start the new line comes before it;
 * an empty list item moves out, and at the outermost level ends the list.
 */
export const splitLine: Command = (state, dispatch) => {
  const { $from, $to } = state.selection;
  if ($from.depth !== 1 || $to.depth !== 1) return false;
  const attributes = attributesOf(state);
  const isEmpty = $from.parent.content.size === 0;
  if (attributes.t === "li" && isEmpty) return attributes.i ? indent(-1)(state, dispatch) : endList(state, dispatch);
  const tr = linkLastWord(state.tr, $from).deleteSelection();
  const at = tr.mapping.map($from.pos);
  const atEnd = $to.parentOffset === $to.parent.content.size;
  const heading = styleOf(attributes).startsWith("h");
  const next = heading && atEnd ? styled(attributes, "paragraph") : attributes;
  tr.split(at, 1, [{ type: lineType(), attrs: { attributes: next } }]);
  if (heading && $from.parentOffset === 0 && !atEnd)
    setLine(tr, tr.doc.resolve(at).before(1), styled(attributes, "paragraph"));
  const marks = state.storedMarks ?? ($to.parentOffset > 0 ? $from.marks() : null);
  if (marks !== null && !heading) tr.ensureMarks(marks);
  dispatch?.(tr.scrollIntoView());
  return true;
};

/** Shift-Enter: a new line that is a plain paragraph, indented like this one. */
export const splitPlain: Command = (state, dispatch) => {
  const { $from } = state.selection;
  if ($from.depth !== 1) return false;
  const { tr } = state;
  tr.deleteSelection();
  const attributes = changed(attributesOf(state), { t: undefined, listyle: undefined });
  tr.split(tr.mapping.map($from.pos), 1, [{ type: lineType(), attrs: { attributes } }]);
  dispatch?.(tr.scrollIntoView());
  return true;
};

/** Backspace at the start of a heading, a list item or an indented line: first it becomes a plain paragraph. */
export const plainAtStart: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  if (!empty || $from.depth !== 1 || $from.parentOffset > 0) return false;
  return changeLines((attributes) => changed(styled(attributes, "paragraph"), { i: undefined }))(state, dispatch);
};

const endList: Command = setStyle("paragraph");

function lineType() {
  const type = schema.nodes.line;
  if (type === undefined) throw new RangeError("the schema has no lines");
  return type;
}
