/** Pictures: what is being uploaded, shown in its place meanwhile, and the element and document that come of it. */
import { type EditorState, Plugin, PluginKey, type Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import type { UploadedImage } from "../../app/attachments";
import type { DocOp, WaveletOperation } from "../../ot";
import { lineNode } from "../document/mapping";
import { schema } from "../document/schema";

/** An upload that is shown in the text. */
export interface Upload {
  readonly id: number;
  /** A position in the editor's document; it moves with the text. */
  readonly position: number;
  readonly file: File;
  /** The part that is sent, 0 to 1; null after a failure. */
  readonly progress: number | null;
}

type Change =
  | { readonly kind: "begin"; readonly upload: Upload }
  | { readonly kind: "progress"; readonly id: number; readonly progress: number | null }
  | { readonly kind: "end"; readonly id: number };

const KEY = new PluginKey<readonly Upload[]>("uploads");

/** Keeps the uploads in their places; `draw` makes what is shown of one. */
export function uploads(draw: (upload: Upload) => HTMLElement): Plugin<readonly Upload[]> {
  return new Plugin<readonly Upload[]>({
    key: KEY,
    state: {
      init: () => [],
      apply: (transaction, present) => {
        const moved = transaction.docChanged
          ? present.map((upload) => ({ ...upload, position: transaction.mapping.map(upload.position) }))
          : present;
        const change = transaction.getMeta(KEY) as Change | undefined;
        return change === undefined ? moved : changedUploads(moved, change);
      },
    },
    props: {
      decorations: (state) => {
        const present = KEY.getState(state) ?? [];
        if (present.length === 0) return null;
        const widgets = present.map((upload) =>
          Decoration.widget(upload.position, () => draw(upload), {
            key: `upload-${upload.id}-${upload.progress === null ? "failed" : Math.round(upload.progress * 50)}`,
            ignoreSelection: true,
            stopEvent: () => true,
          }),
        );
        return DecorationSet.create(state.doc, widgets);
      },
    },
  });
}

function changedUploads(present: readonly Upload[], change: Change): readonly Upload[] {
  switch (change.kind) {
    case "begin":
      return [...present, change.upload];
    case "progress":
      return present.map((upload) => (upload.id === change.id ? { ...upload, progress: change.progress } : upload));
    case "end":
      return present.filter((upload) => upload.id !== change.id);
  }
}

/** Say in a transaction how an upload goes. */
export function tellUpload(transaction: Transaction, change: Change): Transaction {
  return transaction.setMeta(KEY, change);
}

/** The upload with this id, while it is shown. */
export function uploadOf(state: EditorState, id: number): Upload | undefined {
  return KEY.getState(state)?.find((upload) => upload.id === id);
}

/** Put an uploaded picture into a line of its own, at or behind the line of a position. */
export function insertPicture(transaction: Transaction, position: number, attachment: string): Transaction {
  const picture = schema.node("image", { type: "image", attributes: { attachment, style: "full" } });
  const $at = transaction.doc.resolve(position);
  if ($at.depth === 1 && $at.parent.content.size === 0) transaction.insert($at.start(), picture);
  else transaction.insert($at.depth === 0 ? $at.pos : $at.after(1), lineNode({}, [picture]));
  const last = transaction.doc.lastChild;
  if (last?.lastChild?.type.name === "image") transaction.insert(transaction.doc.content.size, lineNode({})); // to go on in
  return transaction;
}

/** The operation that writes an attachment's document, which every picture has. Source: CONVERSATION.md, "tags". */
export function attachmentDocument(uploaded: UploadedImage, creator: string): WaveletOperation {
  const facts: readonly (readonly [string, string | number | null])[] = [
    ["attachment_id", uploaded.id],
    ["attachment_size", uploaded.size],
    ["upload_progress", uploaded.size],
    ["mime_type", uploaded.mimeType],
    ["filename", uploaded.filename],
    ["creator", creator],
    ["status", "SUCCESS"],
    ["image_width", uploaded.width],
    ["image_height", uploaded.height],
  ];
  const op: DocOp = facts
    .filter((fact): fact is readonly [string, string | number] => fact[1] !== null)
    .flatMap(([key, value]): DocOp => [{ start: ["node", { key, value: String(value) }] }, { end: true }]);
  return { doc: `attach+${uploaded.id}`, op };
}
