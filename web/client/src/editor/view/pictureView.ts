/** How pictures are shown, in an editor and read-only: on reserved space, with their caption. */
import { effect } from "@preact/signals";
import type { Node } from "prosemirror-model";
import type { NodeView } from "prosemirror-view";
import { printable } from "../../conversation";
import { t } from "../../i18n";
import type { WaveDocument } from "../../ot";
import { type AtomAttributes, EMPTY_REST, type InnerItem } from "../document/items";
import { atomText } from "../document/schema";

/** Where pictures come from, and how large they are. */
export interface PictureInfo {
  readonly urlOf: (attachment: string) => string;
  /** In px, when it is known. */
  readonly sizeOf: (attachment: string) => { readonly width: number; readonly height: number } | null;
}

/** A picture's size, as its attachment's document tells. */
export function sizeIn(document: WaveDocument | undefined): { readonly width: number; readonly height: number } | null {
  const facts = new Map<string, string>();
  for (const run of document?.runs() ?? []) {
    if (run.kind === "start" && run.type === "node") facts.set(run.attributes.key ?? "", run.attributes.value ?? "");
  }
  const [width, height] = [Number(facts.get("image_width")), Number(facts.get("image_height"))];
  return width > 0 && height > 0 ? { width, height } : null;
}

/** The image element of a picture; in its place a note when it cannot be shown. */
export function pictureElement(document: Document, node: Node, info: PictureInfo): HTMLElement {
  const attributes = node.attrs as AtomAttributes;
  const attachment = attributes.attributes.attachment;
  if (attachment === undefined) return missing(document);
  const image = document.createElement("img");
  const size = info.sizeOf(attachment);
  if (size !== null) {
    image.width = size.width;
    image.height = size.height;
  }
  image.alt = atomText(attributes) || t("editor.image");
  image.loading = "lazy";
  image.decoding = "async";
  image.draggable = false;
  image.addEventListener("error", () => image.replaceWith(missing(document)), { once: true });
  image.src = info.urlOf(attachment);
  return image;
}

function missing(document: Document): HTMLElement {
  const note = document.createElement("span");
  note.className = "gs-image-missing";
  note.textContent = t("editor.imageMissing");
  return note;
}

/** What an editor lets people do with a picture. */
export interface PictureActions extends PictureInfo {
  /** Read in a signal's effect, so that captions follow it. */
  readonly isEditable: () => boolean;
  /** Give the picture another caption; "" for none. */
  readonly caption: (node: Node, text: string) => void;
}

/** A picture in an editor. Its caption is a button that becomes a text field. */
export class PictureView implements NodeView {
  readonly dom: HTMLElement;
  #node: Node;
  readonly #caption: HTMLElement;
  readonly #stop: () => void;

  constructor(
    node: Node,
    document: Document,
    private readonly actions: PictureActions,
  ) {
    this.#node = node;
    this.dom = document.createElement("span");
    this.dom.className = "gs-image";
    this.dom.contentEditable = "false";
    this.#caption = document.createElement("span");
    this.#caption.className = "gs-caption";
    this.dom.append(pictureElement(document, node, actions), this.#caption);
    this.#stop = effect(() => this.#showCaption());
  }

  destroy(): void {
    this.#stop();
  }

  update(node: Node): boolean {
    if (node.type !== this.#node.type) return false;
    const before = this.#node.attrs as AtomAttributes;
    const after = node.attrs as AtomAttributes;
    this.#node = node;
    if (before.attributes.attachment !== after.attributes.attachment) return false;
    if (before.rest !== after.rest) this.#showCaption();
    return true;
  }

  stopEvent(event: Event): boolean {
    return event.target instanceof HTMLElement && event.target.closest("button, input") !== null;
  }

  ignoreMutation(): boolean {
    return true;
  }

  #showCaption(): void {
    const text = atomText(this.#node.attrs as AtomAttributes);
    const { ownerDocument } = this.dom;
    if (!this.actions.isEditable()) {
      this.#caption.replaceChildren(text);
      return;
    }
    const button = ownerDocument.createElement("button");
    button.type = "button";
    button.className = text === "" ? "gs-caption-button gs-caption-empty" : "gs-caption-button";
    button.textContent = text === "" ? t("editor.captionAdd") : text;
    if (text !== "") button.setAttribute("aria-label", t("editor.captionEdit", { caption: text }));
    button.addEventListener("click", () => this.#editCaption(text));
    this.#caption.replaceChildren(button);
  }

  #editCaption(text: string): void {
    const input = this.dom.ownerDocument.createElement("input");
    input.type = "text";
    input.className = "gs-caption-input";
    input.value = text;
    input.maxLength = 500;
    input.setAttribute("aria-label", t("editor.caption"));
    let done = false;
    const finish = (keep: boolean) => {
      if (done) return;
      done = true;
      const typed = printable(input.value).trim();
      if (keep && typed !== text) this.actions.caption(this.#node, typed);
      this.#showCaption();
    };
    input.addEventListener("blur", () => finish(true));
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      finish(event.key === "Enter");
      this.#caption.querySelector("button")?.focus();
    });
    this.#caption.replaceChildren(input);
    input.focus();
    input.select();
  }
}

/** What a picture keeps with another caption: everything else stays. */
export function withCaption({ rest }: AtomAttributes, text: string): readonly InnerItem[] {
  const start = rest.findIndex((item) => item.kind === "start" && item.type === "caption");
  const content: readonly InnerItem[] = text === "" ? [] : [{ kind: "text", text, differing: [] }];
  if (start >= 0) {
    const length = rest.slice(start + 1).findIndex((item) => item.kind === "end");
    return [...rest.slice(0, start + 1), ...content, ...rest.slice(start + 1 + length)];
  }
  const caption: readonly InnerItem[] = [
    { kind: "start", type: "caption", attributes: {}, differing: [] },
    ...content,
    { kind: "end", differing: [] },
  ];
  return [...caption, ...(rest.length > 0 ? rest : EMPTY_REST)];
}
