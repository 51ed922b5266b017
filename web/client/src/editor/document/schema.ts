/**
 * The ProseMirror schema of a blip: lines of text, marks for annotations, and atoms for every other element.
 *
 * A document is flat, as a wave document's body is: one `line` node for each `line` element, with the element's attributes
 * as they are, so that a heading, a list item and a paragraph differ in nothing but attributes. Elements that the
 * editor does not edit become atoms that keep all their items.
 */
import { type DOMOutputSpec, type Mark, type MarkSpec, Schema } from "prosemirror-model";
import type { Attributes } from "../../ot";
import type { KEY_OF_MARK } from "./annotations";
import { type AtomAttributes, EMPTY_REST, type LineAttributes } from "./items";
import { linkTarget } from "./links";
import {
  BACKGROUND_COLOURS,
  declaration,
  decorationStyle,
  isBold,
  isItalic,
  isMonospace,
  offeredColour,
  TEXT_COLOURS,
} from "./styling";

/** How many steps of indentation are shown; documents may hold more. */
export const MOST_INDENT = 8;

const atom = {
  group: "inline",
  inline: true,
  atom: true,
  draggable: true,
  selectable: true,
  attrs: { type: {}, attributes: { default: {} }, rest: { default: EMPTY_REST } },
} as const;

/** The schema: there is one. */
export const schema = new Schema({
  topNode: "doc",
  nodes: {
    doc: { content: "line+" },
    line: {
      content: "inline*",
      defining: true,
      attrs: { attributes: { default: {} }, annotations: { default: [[], []] } },
      toDOM: (node) => lineDOM((node.attrs as LineAttributes).attributes),
      parseDOM: [{ tag: "p" }, { tag: "div" }, { tag: "h1,h2,h3,h4,h5,h6" }, { tag: "li" }],
    },
    text: { group: "inline" },
    image: { ...atom, toDOM: (node) => ["span", { class: "gs-image", title: atomText(node.attrs as AtomAttributes) }] },
    reply: { ...atom, draggable: false, toDOM: () => ["span", { class: "gs-reply-anchor" }] },
    element: { ...atom, toDOM: (node) => chipDOM(node.attrs as AtomAttributes) },
  },
  marks: {
    link: { ...keyed("a"), inclusive: false, toDOM: (mark) => linkDOM("link", mark) },
    linkWave: { ...keyed(), inclusive: false, toDOM: (mark) => linkDOM("linkWave", mark) },
    linkAuto: { ...keyed(), inclusive: false, toDOM: (mark) => linkDOM("linkAuto", mark) },
    mention: {
      ...keyed(),
      inclusive: false,
      toDOM: (mark) => ["span", { class: "gs-mention", title: String(mark.attrs.value) }, 0],
    },
    weight: { ...keyed("b,strong"), toDOM: (mark) => (isBold(value(mark)) ? ["strong", 0] : plain("gs-not-bold")) },
    slant: { ...keyed("i,em"), toDOM: (mark) => (isItalic(value(mark)) ? ["em", 0] : plain("gs-not-italic")) },
    decoration: { ...keyed(), toDOM: (mark) => styled(decorationStyle(value(mark))) },
    family: {
      ...keyed("code"),
      toDOM: (mark) =>
        isMonospace(value(mark))
          ? ["code", { spellcheck: "false" }, 0]
          : styled(declaration("font-family", value(mark))),
    },
    color: { ...keyed(), toDOM: (mark) => colourDOM("color", TEXT_COLOURS, value(mark)) },
    background: { ...keyed(), toDOM: (mark) => colourDOM("background-color", BACKGROUND_COLOURS, value(mark)) },
    size: { ...keyed(), toDOM: (mark) => styled(declaration("font-size", value(mark))) },
    vertical: {
      ...keyed(),
      toDOM: (mark) => (value(mark) === "super" ? ["sup", 0] : value(mark) === "sub" ? ["sub", 0] : ["span", 0]),
    },
    lang: { ...keyed(), toDOM: (mark) => ["span", { lang: value(mark) }, 0] },
    annotation: { attrs: { key: {}, value: {} }, excludes: "", toDOM: () => ["span", 0] },
  } satisfies Record<keyof typeof KEY_OF_MARK | "annotation", MarkSpec>,
});

/** A mark for one key: one value at a place. Tags are those that a browser's own editing makes. */
function keyed(tags?: string): MarkSpec {
  if (tags === undefined) return { attrs: { value: {} } };
  const values: Readonly<Record<string, string>> = { "b,strong": "bold", "i,em": "italic", code: "monospace" };
  const attrs = values[tags];
  return { attrs: { value: {} }, parseDOM: attrs === undefined ? [] : [{ tag: tags, attrs: { value: attrs } }] };
}

function value(mark: Mark): string {
  return String(mark.attrs.value);
}

function plain(name: string): DOMOutputSpec {
  return ["span", { class: name }, 0];
}

function styled(style: string): DOMOutputSpec {
  return style === "" ? ["span", 0] : ["span", { style }, 0];
}

function colourDOM(
  property: "color" | "background-color",
  colours: Readonly<Record<string, string>>,
  colour: string,
): DOMOutputSpec {
  const offered = offeredColour(colours, colour);
  return offered === undefined ? styled(declaration(property, colour)) : plain(`gs-${property}-${offered}`);
}

function linkDOM(kind: "link" | "linkWave" | "linkAuto", mark: Mark): DOMOutputSpec {
  const target = linkTarget(kind, value(mark));
  if (target === null) return ["span", { class: "gs-dead-link" }, 0];
  return target.startsWith("/")
    ? ["a", { href: target, class: "gs-link" }, 0]
    : ["a", { href: target, class: "gs-link", rel: "noopener noreferrer", target: "_blank", title: target }, 0];
}

const HEADING = /^h[1-4]$/;

/**
 * How a line is shown. Lists are told by classes and counters, not by list elements, since lines do not nest.
 *
 * A blip's headings stand below those of the page, so `h1` in a document is an h2 here.
 */
function lineDOM(attributes: Attributes): DOMOutputSpec {
  const type = attributes.t ?? "";
  const classes = ["gs-line"];
  const indent = Math.min(MOST_INDENT, Number(attributes.i ?? 0));
  if (HEADING.test(type)) classes.push(`gs-${type}`);
  if (type === "li") classes.push("gs-li", attributes.listyle === "decimal" ? "gs-numbered" : "gs-bulleted");
  if (indent > 0 || type === "li") classes.push(`gs-indent-${indent}`);
  const alignment = { l: "start", r: "end", c: "center", j: "justify" }[attributes.a ?? ""];
  if (alignment !== undefined) classes.push(`gs-align-${alignment}`);
  const dir = attributes.d === "r" ? "rtl" : attributes.d === "l" ? "ltr" : "auto";
  const tag = HEADING.test(type) ? `h${Number(type.slice(1)) + 1}` : type === "li" ? "div" : "p";
  return [tag, { class: classes.join(" "), dir }, 0];
}

/** The readable text of an element kept as an atom. */
export function atomText(attributes: AtomAttributes): string {
  return attributes.rest
    .map((item) => (item.kind === "text" ? item.text : " "))
    .join("")
    .replace(/\s+/gu, " ")
    .trim();
}

function chipDOM(attributes: AtomAttributes): DOMOutputSpec {
  const text = atomText(attributes);
  return [
    "span",
    { class: "gs-chip" },
    ["span", { class: "gs-chip-type" }, attributes.type],
    text === "" ? "" : ` ${text}`,
  ];
}
