/** Lines as clean HTML and as plain text, for the clipboard: paragraphs, headings, nested lists and inline elements. */
import { DOMSerializer, type Fragment, type Mark, type Node as ProseNode } from "prosemirror-model";
import type { AtomAttributes, LineAttributes } from "../document/items";
import { linkTarget } from "../document/links";
import { atomText, schema } from "../document/schema";
import { decorationWords, isBold, isItalic, isMonospace } from "../document/styling";

/** Where pictures of the document are, for the `img` elements that others read. */
export interface PictureSource {
  /** The wavelet whose attachments they are: only there can they be pasted as themselves. */
  readonly wavelet: string;
  readonly urlOf: (attachment: string) => string;
}

/** Writes what is copied. */
export class ClipboardSerializer extends DOMSerializer {
  constructor(private readonly pictures: PictureSource) {
    super({}, {});
  }

  override serializeFragment(
    fragment: Fragment,
    options: { document?: Document } = {},
    target?: HTMLElement | DocumentFragment,
  ): HTMLElement | DocumentFragment {
    const document = options.document ?? window.document;
    const into = target ?? document.createDocumentFragment();
    const lists: { readonly element: HTMLElement; readonly tag: string }[] = [];
    fragment.forEach((node) => {
      if (node.type.name === "line") this.#writeLine(document, into, lists, node);
      else into.appendChild(this.#inline(document, node));
    });
    return into;
  }

  #writeLine(
    document: Document,
    into: Node,
    lists: { readonly element: HTMLElement; readonly tag: string }[],
    line: ProseNode,
  ): void {
    const { attributes } = line.attrs as LineAttributes;
    if (attributes.t !== "li") {
      lists.length = 0;
      const tag = /^h[1-4]$/.test(attributes.t ?? "") ? (attributes.t ?? "p") : "p";
      into.appendChild(this.#filled(document.createElement(tag), line));
      return;
    }
    const depth = Math.min(Number(attributes.i ?? 0), lists.length) + 1;
    const tag = attributes.listyle === "decimal" ? "ol" : "ul";
    lists.length = Math.min(lists.length, depth);
    if (lists.length === depth && lists.at(-1)?.tag !== tag) lists.pop();
    if (lists.length < depth) {
      const element = document.createElement(tag);
      (lists.at(-1)?.element.lastElementChild ?? into).appendChild(element);
      lists.push({ element, tag });
    }
    lists.at(-1)?.element.appendChild(this.#filled(document.createElement("li"), line));
  }

  #filled(element: HTMLElement, line: ProseNode): HTMLElement {
    const { a } = (line.attrs as LineAttributes).attributes;
    const alignment = { r: "right", c: "center", j: "justify" }[a ?? ""];
    if (alignment !== undefined) element.style.textAlign = alignment;
    line.forEach((child) => {
      element.appendChild(this.#inline(element.ownerDocument, child));
    });
    return element;
  }

  #inline(document: Document, node: ProseNode): Node {
    let inner: Node = node.isText ? document.createTextNode(node.text ?? "") : this.#atom(document, node);
    for (const mark of [...node.marks].reverse()) {
      const element = wrapper(document, mark);
      if (element === null) continue;
      element.appendChild(inner);
      inner = element;
    }
    return inner;
  }

  #atom(document: Document, node: ProseNode): Node {
    const attributes = node.attrs as AtomAttributes;
    if (node.type.name === "reply") return document.createTextNode(""); // anchors are unique: they are not copied
    if (node.type.name !== "image") return document.createTextNode(atomText(attributes));
    const image = document.createElement("img");
    const id = attributes.attributes.attachment ?? "";
    image.setAttribute("src", this.pictures.urlOf(id));
    image.setAttribute("alt", atomText(attributes));
    image.setAttribute("data-attachment", id);
    image.setAttribute("data-wavelet", this.pictures.wavelet);
    return image;
  }
}

/** The element that says a mark in plain HTML; null for what only wave documents know. */
function wrapper(document: Document, mark: Mark): HTMLElement | null {
  const value = String(mark.attrs.value);
  const name = mark.type.name;
  if (name === "weight") return isBold(value) ? document.createElement("strong") : null;
  if (name === "slant") return isItalic(value) ? document.createElement("em") : null;
  if (name === "family") return isMonospace(value) ? document.createElement("code") : null;
  if (name === "vertical") return document.createElement(value === "sub" ? "sub" : "sup");
  if (name === "link" || name === "linkAuto" || name === "linkWave") return anchor(document, name, value);
  const span = document.createElement("span");
  if (name === "mention") span.setAttribute("data-mention", value);
  else if (name === "color") span.style.color = value;
  else if (name === "background") span.style.backgroundColor = value;
  else if (name === "decoration") span.style.textDecoration = decorationWords(value).join(" ");
  else return null;
  return span;
}

function anchor(document: Document, kind: "link" | "linkAuto" | "linkWave", value: string): HTMLElement | null {
  const target = linkTarget(kind, value);
  if (target === null) return null;
  const element = document.createElement("a");
  element.setAttribute("href", new URL(target, window.location.href).href);
  return element;
}

/** What is copied as plain text: a line each, list items with a dash or a number. */
export function plainText(fragment: Fragment): string {
  const lines: string[] = [];
  const counts: number[] = [];
  fragment.forEach((line) => {
    const { attributes } = (line.attrs ?? {}) as Partial<LineAttributes>;
    const text = line.isTextblock ? line.textBetween(0, line.content.size, "", textOfAtom) : (line.text ?? "");
    lines.push(`${marker(attributes ?? {}, counts, fragment.childCount > 1)}${text}`);
  });
  return lines.join("\n");
}

function marker(attributes: Readonly<Record<string, string>>, counts: number[], several: boolean): string {
  if (attributes.t !== "li") counts.length = 0;
  if (attributes.t !== "li" || !several) return "";
  const depth = Number(attributes.i ?? 0);
  counts.length = Math.min(counts.length, depth + 1);
  const number = (counts[depth] ?? 0) + 1;
  counts[depth] = number;
  return `${"  ".repeat(depth)}${attributes.listyle === "decimal" ? `${number}.` : "-"} `;
}

function textOfAtom(node: ProseNode): string {
  return node.type === schema.nodes.reply ? "" : atomText(node.attrs as AtomAttributes);
}
