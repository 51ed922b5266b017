/**
 * HTML from elsewhere (web pages, Word, Google Docs, LibreOffice, our own clipboard) as lines.
 *
 * Only text, links, formats, headings and lists are read; nested blocks and tables become flat lines. Scripts, styles
 * and whatever fetches anything are never looked into.
 */
import type { Mark, Node as ProseNode } from "prosemirror-model";
import { printable } from "../../conversation";
import type { Attributes } from "../../ot";
import { lineNode } from "../document/mapping";
import { MOST_INDENT, schema } from "../document/schema";
import { declarations, marksInside } from "./htmlStyles";
import { styleOf } from "./inertHtml";

const SKIPPED = new Set(
  "SCRIPT STYLE HEAD TITLE META LINK NOSCRIPT TEMPLATE OBJECT EMBED IFRAME SVG MATH CANVAS AUDIO VIDEO SELECT BUTTON".split(
    " ",
  ),
);
const BLOCKS = new Set(
  "ADDRESS ARTICLE ASIDE BLOCKQUOTE BODY CAPTION CENTER DD DETAILS DIV DL DT FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION SUMMARY TABLE TBODY TFOOT THEAD TR UL".split(
    " ",
  ),
);

/** Makes a picture of an `img` of our own clipboard, or null for one that is not ours. */
export type PictureReader = (image: Element) => ProseNode | null;

/** What is true at a place of the HTML. */
interface Context {
  readonly marks: readonly Mark[];
  readonly line: Attributes;
  /** How many lists are around; 0 outside of any. */
  readonly depth: number;
  readonly preformatted: boolean;
}

/** The lines that some HTML makes. At least one. */
export function readHtml(root: Node, pictureOf: PictureReader = () => null): readonly ProseNode[] {
  const reader = new HtmlReader(pictureOf);
  reader.readChildren(root, { marks: [], line: {}, depth: 0, preformatted: false });
  return reader.finish();
}

class HtmlReader {
  readonly #lines: ProseNode[] = [];
  #content: ProseNode[] = [];
  #attributes: Attributes = {};
  #begun = false; // whether a line has been begun that is kept even if it stays empty
  #space: readonly Mark[] | null = null; // a space, with these marks, is owed before the next word

  constructor(private readonly pictureOf: PictureReader) {}

  finish(): readonly ProseNode[] {
    this.#endLine();
    return this.#lines.length === 0 ? [lineNode({})] : this.#lines;
  }

  readChildren(parent: Node, context: Context): void {
    for (let child = parent.firstChild; child !== null; child = child.nextSibling) {
      if (child.nodeType === 3) this.#text(child.nodeValue ?? "", context);
      else if (child.nodeType === 1) this.#element(child as Element, context);
    }
  }

  #element(element: Element, context: Context): void {
    const tag = element.tagName.toUpperCase();
    const style = declarations(element);
    if (SKIPPED.has(tag) || isHidden(style)) return;
    if (tag === "BR") this.#lineBreak(element, context);
    else if (tag === "IMG") this.#image(element, context);
    else if (tag === "TD" || tag === "TH") this.#cell(element, context);
    else if (BLOCKS.has(tag)) this.#block(element, tag, style, context);
    else this.readChildren(element, { ...context, marks: marksInside(element, context.marks) });
  }

  #block(element: Element, tag: string, style: ReadonlyMap<string, string>, context: Context): void {
    const inside = this.#blockContext(element, tag, style, context);
    if (tag === "LI" && isOnlyParagraph(element)) {
      this.readChildren(element, inside);
      return;
    }
    this.#endLine();
    this.#attributes = inside.line;
    this.#begun = tag === "P" && isBlankParagraph(element);
    this.readChildren(element, inside);
    this.#endLine();
    this.#attributes = context.line;
  }

  #blockContext(element: Element, tag: string, style: ReadonlyMap<string, string>, context: Context): Context {
    const marks = marksInside(element, context.marks);
    const line = withAlignment(this.#lineOf(element, tag, style, context), element, style);
    const depth = tag === "UL" || tag === "OL" ? context.depth + 1 : context.depth;
    const pre = tag === "PRE" || /^(?:pre|break-spaces)/.test(style.get("white-space") ?? "");
    return { marks, line, depth, preformatted: pre || context.preformatted };
  }

  #lineOf(element: Element, tag: string, style: ReadonlyMap<string, string>, context: Context): Attributes {
    if (/^H[1-6]$/.test(tag)) return { t: `h${Math.min(4, Number(tag[1]))}` };
    const word = wordList(element, style);
    if (word !== null) return word;
    if (tag !== "LI") return context.line;
    const ordered = element.parentElement?.tagName === "OL";
    const depth = Number(element.getAttribute("aria-level") ?? context.depth); // Google Docs tells the level so
    return listLine(ordered, depth - 1);
  }

  #lineBreak(element: Element, context: Context): void {
    if (element.classList.contains("Apple-interchange-newline")) return;
    const wasEmpty = this.#content.length === 0;
    this.#begun = true;
    this.#endLine();
    this.#attributes = wasEmpty ? context.line : continued(context.line);
  }

  #image(element: Element, context: Context): void {
    const picture = this.pictureOf(element);
    if (picture !== null) this.#content.push(picture);
    else this.#text(element.getAttribute("alt") ?? "", context);
  }

  #cell(element: Element, context: Context): void {
    if (this.#content.length > 0) this.#push(" | ", context.marks);
    this.#space = null;
    const flat = { ...context, marks: marksInside(element, context.marks) };
    const texts = new HtmlReader(this.pictureOf);
    texts.readChildren(element, flat);
    const [first, ...more] = texts.finish();
    this.#content.push(...(first?.children ?? []));
    for (const line of more) this.#content.push(schema.text(" "), ...line.children); // a row stays one line
  }

  #text(raw: string, context: Context): void {
    if (context.preformatted) {
      raw.split(/\r\n?|\n/).forEach((line, index) => {
        if (index > 0) {
          this.#begun = true;
          this.#endLine();
          this.#attributes = context.line;
        }
        this.#push(printable(line), context.marks);
      });
      return;
    }
    const text = printable(raw.replace(/[\s\u00a0]+/gu, " "));
    if (text.startsWith(" ") && this.#content.length > 0) this.#space ??= context.marks;
    const words = text.trim();
    if (words === "") return;
    if (this.#space !== null) this.#push(" ", this.#space);
    this.#push(words, context.marks);
    this.#space = text.endsWith(" ") ? context.marks : null;
  }

  #push(text: string, marks: readonly Mark[]): void {
    if (text !== "") this.#content.push(schema.text(text, marks));
  }

  #endLine(): void {
    if (this.#content.length > 0 || this.#begun) this.#lines.push(lineNode(this.#attributes, this.#content));
    this.#content = [];
    this.#begun = false;
    this.#space = null;
  }
}

/** Word's list paragraphs: `mso-list: l0 level2 lfo1`, with the bullet or number as text in a span that is ignored. */
function wordList(element: Element, style: ReadonlyMap<string, string>): Attributes | null {
  const level = /level([1-9])/.exec(style.get("mso-list") ?? "")?.[1];
  if (level === undefined) return null;
  const marker = [...element.querySelectorAll("span")].find((span) => /mso-list:\s*Ignore/i.test(styleOf(span)));
  return listLine(/^\s*\(?[0-9a-z]{1,4}[.)]/i.test(marker?.textContent ?? ""), Number(level) - 1);
}

function listLine(ordered: boolean, indent: number): Attributes {
  const steps = Math.max(0, Math.min(MOST_INDENT, Number.isFinite(indent) ? indent : 0));
  return { t: "li", ...(ordered ? { listyle: "decimal" } : {}), ...(steps > 0 ? { i: String(steps) } : {}) };
}

/** The line after a line break inside a list item or heading is a plain one. */
function continued(line: Attributes): Attributes {
  const { t: _type, listyle: _style, ...rest } = line;
  return rest;
}

function withAlignment(line: Attributes, element: Element, style: ReadonlyMap<string, string>): Attributes {
  const wanted = style.get("text-align") ?? element.getAttribute("align") ?? "";
  const code = { center: "c", right: "r", end: "r", justify: "j" }[wanted.toLowerCase()];
  return code === undefined ? line : { ...line, a: code };
}

function isHidden(style: ReadonlyMap<string, string>): boolean {
  return (
    style.get("display") === "none" || style.get("mso-hide") === "all" || /ignore/i.test(style.get("mso-list") ?? "")
  );
}

/** An item whose text stands in paragraphs of its own: they make the lines. */
function isOnlyParagraph(item: Element): boolean {
  return item.firstElementChild !== null && /^(?:P|DIV|H[1-6])$/.test(item.firstElementChild.tagName);
}

/** A paragraph that is an empty line: Word and browsers put a lone break or a non-breaking space into it. */
function isBlankParagraph(element: Element): boolean {
  return (
    (element.textContent ?? "").trim() === "" && element.querySelector("p,div,li,table,h1,h2,h3,h4,h5,h6,br") === null
  );
}
