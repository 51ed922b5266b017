/** What stands in the text while a picture is uploaded, or after that has failed. */
import { t } from "../../i18n";
import type { Upload } from "../input/pictures";

/** What can be done about a failed upload. */
export interface UploadActions {
  readonly retry: (upload: Upload) => void;
  readonly dismiss: (upload: Upload) => void;
}

/** The element for an upload: its name and progress, or what went wrong and what to do. */
export function uploadElement(document: Document, upload: Upload, actions: UploadActions): HTMLElement {
  const box = document.createElement("span");
  box.className = upload.progress === null ? "gs-upload gs-upload-failed" : "gs-upload";
  box.contentEditable = "false";
  box.setAttribute("role", upload.progress === null ? "alert" : "status");
  const { name } = upload.file;
  const label = document.createElement("span");
  label.textContent = t(upload.progress === null ? "editor.uploadFailed" : "editor.uploading", { name });
  box.append(label);
  if (upload.progress === null) {
    box.append(
      button(document, t("editor.uploadRetry"), () => actions.retry(upload)),
      button(document, t("editor.uploadDismiss", { name }), () => actions.dismiss(upload)),
    );
  } else {
    const progress = document.createElement("progress");
    progress.max = 1;
    progress.value = upload.progress;
    progress.setAttribute("aria-label", t("editor.uploading", { name }));
    box.append(progress);
  }
  return box;
}

function button(document: Document, label: string, run: () => void): HTMLElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "gs-upload-button";
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}
