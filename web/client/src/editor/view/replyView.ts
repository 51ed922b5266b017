/** The anchor of an inline reply: a count that opens it, and the place where the wave shows it. */
import { effect } from "@preact/signals";
import type { Node } from "prosemirror-model";
import type { NodeView } from "prosemirror-view";
import { t } from "../../i18n";
import type { AtomAttributes } from "../document/items";
import type { EditorHost } from "../host";

/** The anchor in an editor. What happens inside of it is none of the editor's business. */
export class ReplyView implements NodeView {
  readonly dom: HTMLElement;
  readonly #thread: string;
  readonly #dispose: () => void;

  constructor(node: Node, document: Document, host: Pick<EditorHost, "openReply" | "replyCount" | "renderReply">) {
    this.#thread = threadOf(node);
    this.dom = document.createElement("span");
    this.dom.className = "gs-reply";
    this.dom.contentEditable = "false";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "gs-reply-count";
    button.addEventListener("click", () => host.openReply(this.#thread));
    const place = document.createElement("div");
    place.className = "gs-reply-place";
    this.dom.append(button, place);
    const stop = effect(() => showCount(button, host.replyCount(this.#thread)));
    const remove = host.renderReply?.(this.#thread, place);
    this.#dispose = () => {
      stop();
      remove?.();
    };
  }

  update(node: Node): boolean {
    return node.type.name === "reply" && threadOf(node) === this.#thread;
  }

  stopEvent(): boolean {
    return true;
  }

  ignoreMutation(): boolean {
    return true;
  }

  destroy(): void {
    this.#dispose();
  }
}

/** The anchor where nothing can be opened: the count alone. */
export function replyElement(document: Document): HTMLElement {
  const mark = document.createElement("span");
  mark.className = "gs-reply-count";
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", t("editor.replies", { count: 0 }));
  return mark;
}

function showCount(button: HTMLElement, count: number): void {
  button.textContent = count === 0 ? "" : String(count);
  button.setAttribute("aria-label", t("editor.replies", { count }));
}

function threadOf(node: Node): string {
  return (node.attrs as AtomAttributes).attributes.id ?? "";
}
