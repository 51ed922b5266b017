import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { DOMSerializer, type Node } from "prosemirror-model";
import { type DocOp, WaveDocument } from "../../ot";
import type { AtomAttributes } from "../document/items";
import { readDocument } from "../document/mapping";
import { atomText, schema } from "../document/schema";
import { attachmentUrl } from "./controller";
import { type PictureInfo, pictureElement } from "./pictureView";
import { replyElement } from "./replyView";
import { Tail } from "./Tail";
import "prosemirror-view/style/prosemirror.css";
import "./editor.css";

export interface BlipContentProps {
  /** The operation that makes the document: what WaveDocument.toOp() gives. */
  readonly document: DocOp;
  /** Where pictures come from, if not from the attachments as they are now. */
  readonly pictures?: PictureInfo;
}

const ATTACHMENTS: PictureInfo = { urlOf: attachmentUrl, sizeOf: () => null };

/** A document to be read, without an editor. Lines that stay when another document is given are not drawn again. */
export function BlipContent({ document, pictures = ATTACHMENTS }: BlipContentProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<Node | null>(null);
  const { doc, frame } = useMemo(() => readDocument(WaveDocument.fromOp(document).runs()), [document]);
  useLayoutEffect(() => {
    if (place.current === null) return;
    redraw(place.current, shown.current, doc, pictures);
    shown.current = doc;
  }, [doc, pictures]);
  return (
    <>
      <div ref={place} class="gs-editor gs-still" />
      <Tail text={frame.tail} />
    </>
  );
}

/** Make the element show another document: lines that both begin or end with stay as they are. */
function redraw(place: HTMLElement, before: Node | null, after: Node, pictures: PictureInfo): void {
  const old = before?.children ?? [];
  const young = after.children;
  const count = old.length;
  let first = 0;
  while (first < Math.min(count, young.length) && isSame(old[first], young[first])) first++;
  let last = 0;
  const most = Math.min(count, young.length) - first;
  while (last < most && isSame(old.at(-1 - last), young.at(-1 - last))) last++;
  const kept = place.children[count - last] ?? null;
  for (let index = count - last - 1; index >= first; index--) place.children[index]?.remove();
  const serializer = stillSerializer(place.ownerDocument, pictures);
  for (let index = first; index < after.childCount - last; index++) {
    const line = serializer.serializeNode(after.child(index), { document: place.ownerDocument });
    if (line instanceof HTMLElement && line.childNodes.length === 0)
      line.append(place.ownerDocument.createElement("br"));
    place.insertBefore(line, kept);
  }
}

function isSame(one: Node | undefined, other: Node | undefined): boolean {
  return one !== undefined && other !== undefined && one.eq(other);
}

function stillSerializer(document: Document, pictures: PictureInfo): DOMSerializer {
  const { nodes, marks } = DOMSerializer.fromSchema(schema);
  const image = (node: Node) => {
    const dom = document.createElement("span");
    dom.className = "gs-image";
    const caption = document.createElement("span");
    caption.className = "gs-caption";
    caption.textContent = atomText(node.attrs as AtomAttributes);
    dom.append(pictureElement(document, node, pictures), caption);
    return dom;
  };
  return new DOMSerializer({ ...nodes, image, reply: () => replyElement(document) }, marks);
}
