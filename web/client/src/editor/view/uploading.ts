/** Uploads of pictures into a text: shown in their place while they are sent, and then put in with their document. */
import type { EditorView } from "prosemirror-view";
import { t } from "../../i18n";
import { toast } from "../../ui";
import { ALONG, APART } from "../binding/binding";
import type { EditorHost } from "../host";
import { attachmentDocument, insertPicture, tellUpload, type Upload, uploadOf } from "../input/pictures";
import { settle } from "./settling";
import type { UploadActions } from "./uploadElement";

const PICTURE_TYPES = /^image\/(?:png|jpeg|gif|webp)$/;

/** The uploads of one editor. `view` gives its view, which there is by the time of the first upload. */
export class Uploading implements UploadActions {
  #ids = 0;

  constructor(
    private readonly host: EditorHost,
    private readonly view: () => EditorView,
  ) {}

  /** Send these, for a place in the text; a file that is no picture is refused, and told. */
  begin(files: readonly File[], position: number): void {
    for (const file of files) {
      if (!PICTURE_TYPES.test(file.type)) {
        toast(t("editor.imageType", { name: file.name }), { kind: "error" });
        continue;
      }
      const upload: Upload = { id: this.#ids++, position, file, progress: 0 };
      const view = this.view();
      view.dispatch(tellUpload(view.state.tr, { kind: "begin", upload }));
      void this.#send(upload);
    }
  }

  /** Send one again that has failed. */
  readonly retry = (upload: Upload): void => void this.#send(upload);

  /** Take away one that has failed. */
  readonly dismiss = ({ id }: Upload): void => {
    const view = this.view();
    view.dispatch(tellUpload(view.state.tr, { kind: "end", id }));
  };

  async #send({ id, file }: Upload): Promise<void> {
    this.#tell(id, 0);
    let stored: Awaited<ReturnType<EditorHost["uploadImage"]>>;
    try {
      stored = await this.host.uploadImage(file, (progress) => this.#tell(id, progress));
    } catch {
      this.#tell(id, null); // shown in its place, with what can be done
      return;
    }
    this.#putIn(id, stored);
  }

  #tell(id: number, progress: number | null): void {
    const view = this.view();
    if (view.isDestroyed) return;
    settle(view);
    view.dispatch(tellUpload(view.state.tr, { kind: "progress", id, progress }));
  }

  #putIn(id: number, stored: Awaited<ReturnType<EditorHost["uploadImage"]>>): void {
    const view = this.view();
    if (view.isDestroyed) return;
    settle(view);
    const shown = uploadOf(view.state, id);
    if (shown === undefined) return;
    const transaction = insertPicture(view.state.tr, shown.position, stored.id);
    tellUpload(transaction, { kind: "end", id }).setMeta(APART, true);
    const known = this.host.replica.document(`attach+${stored.id}`);
    if (known === undefined || known.size === 0) {
      transaction.setMeta(ALONG, [attachmentDocument(stored, this.host.self)]);
    }
    view.dispatch(transaction);
  }
}
