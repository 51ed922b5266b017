/** Copy, cut, paste and drop: content from anywhere reduced to lines, files handed on, addresses made links. */
import { Fragment, Slice } from "prosemirror-model";
import { Plugin } from "prosemirror-state";
import { dropPoint } from "prosemirror-transform";
import type { EditorView } from "prosemirror-view";
import { printable } from "../../conversation";
import { APART } from "../binding/binding";
import { findLinks, linkAddress } from "../document/links";
import { lineNode } from "../document/mapping";
import { schema } from "../document/schema";
import { readHtml } from "./htmlReading";
import { ClipboardSerializer, type PictureSource, plainText } from "./htmlWriting";
import { inertHtml } from "./inertHtml";
import { setLink } from "./linking";

/** More characters than this are refused, so that a paste by mistake does not hang the page. */
const MOST_PASTED = 1_000_000;

/** What the clipboard needs from its editor. */
export interface ClipboardHost {
  readonly pictures: PictureSource;
  /** Upload pictures and show them at a position. */
  readonly insertImages: (files: readonly File[], position: number) => void;
  /** More was pasted than the editor takes. */
  readonly tooMuch: () => void;
}

/** The plugin. */
export function clipboard(host: ClipboardHost): Plugin {
  return new Plugin({
    props: {
      clipboardSerializer: new ClipboardSerializer(host.pictures),
      clipboardTextSerializer: (slice) => plainText(slice.content),
      transformPastedHTML: () => "", // it is read below; ProseMirror need not parse it as well
      handlePaste: (view, event) => {
        const data = event.clipboardData;
        return data !== null && paste(view, data, host);
      },
      handleDrop: (view, event, _slice, moved) => {
        if (moved || event.dataTransfer === null) return false;
        return drop(view, event, event.dataTransfer, host);
      },
    },
  });
}

function paste(view: EditorView, data: DataTransfer, host: ClipboardHost): boolean {
  const images = imageFiles(data);
  const slice = sliceOf(data, host);
  if (slice === null) {
    host.tooMuch();
    return true;
  }
  if (images.length > 0 && slice.content.textBetween(0, slice.content.size).trim() === "") {
    host.insertImages(images, view.state.selection.from);
    return true;
  }
  const address = data.getData("text/html") === "" || !view.state.selection.empty ? onlyAddress(data) : null;
  if (address !== null && !view.state.selection.empty) {
    return setLink(address, "")(view.state, (transaction) => view.dispatch(transaction.setMeta(APART, true)));
  }
  const tr = view.state.tr.replaceSelection(slice).scrollIntoView();
  view.dispatch(tr.setMeta("paste", true).setMeta("uiEvent", "paste").setMeta(APART, true));
  return true;
}

function drop(view: EditorView, event: DragEvent, data: DataTransfer, host: ClipboardHost): boolean {
  const place = view.posAtCoords({ left: event.clientX, top: event.clientY });
  if (place === null) return false;
  const images = imageFiles(data);
  event.preventDefault();
  if (images.length > 0) {
    host.insertImages(images, place.pos);
    return true;
  }
  const slice = sliceOf(data, host);
  if (slice === null) host.tooMuch();
  else {
    const at = dropPoint(view.state.doc, place.pos, slice) ?? place.pos;
    view.dispatch(view.state.tr.replaceRange(at, at, slice).setMeta("uiEvent", "drop").setMeta(APART, true));
  }
  return true;
}

/** What the clipboard holds as content, HTML first; null when that is too much. */
function sliceOf(data: DataTransfer, host: ClipboardHost): Slice | null {
  const html = data.getData("text/html");
  const text = data.getData("text/plain");
  if (html.length > 8 * MOST_PASTED || text.length > MOST_PASTED) return null;
  return html.trim() === "" ? textSlice(text) : htmlSlice(html, host.pictures.wavelet);
}

/** HTML as content. It is parsed into a document that runs and fetches nothing. */
export function htmlSlice(html: string, wavelet: string): Slice {
  const { body } = new DOMParser().parseFromString(inertHtml(html), "text/html");
  const lines = readHtml(body, (image) => {
    const attachment = image.getAttribute("data-attachment");
    if (attachment === null || image.getAttribute("data-wavelet") !== wavelet) return null;
    return schema.node("image", { type: "image", attributes: { attachment, style: "full" } });
  });
  return new Slice(Fragment.from(lines), 1, 1);
}

/** Plain text as content: each line a line, addresses as links. */
export function textSlice(text: string): Slice {
  const lines = text.split(/\r\n?|\n/).map((line) => lineNode({}, linkedText(printable(line))));
  return new Slice(Fragment.from(lines), 1, 1);
}

function linkedText(text: string) {
  const nodes = [];
  let at = 0;
  for (const link of findLinks(text)) {
    if (link.from > at) nodes.push(schema.text(text.slice(at, link.from)));
    nodes.push(schema.text(text.slice(link.from, link.to), [schema.mark("linkAuto", { value: link.address })]));
    at = link.to;
  }
  if (at < text.length) nodes.push(schema.text(text.slice(at)));
  return nodes;
}

/** The address, if the clipboard holds nothing else. */
function onlyAddress(data: DataTransfer): string | null {
  const text = data.getData("text/plain").trim();
  return /^(?:https?:\/\/|www\.|mailto:|xmpp:|wave:)\S+$/i.test(text) ? linkAddress(text) : null;
}

function imageFiles(data: DataTransfer): readonly File[] {
  return [...data.files].filter((file) => /^image\/(?:png|jpeg|gif|webp)$/.test(file.type));
}
