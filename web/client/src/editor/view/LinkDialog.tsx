import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button, Dialog, TextField } from "../../ui";
import { linkAddress } from "../document/links";
import type { EditorHandle } from "../host";

interface LinkDialogProps {
  readonly handle: EditorHandle;
  readonly onClose: () => void;
}

/** Asks where the selected text, or a new one, shall lead; also changes and removes the link at the caret. */
export function LinkDialog({ handle, onClose }: LinkDialogProps): JSX.Element {
  const status = handle.status.peek();
  const needsText = status.selectedText === "" && status.link === null;
  const [address, setAddress] = useState(status.link ?? linkAddress(status.selectedText) ?? "");
  const [text, setText] = useState("");
  const [error, setError] = useState<string | undefined>(undefined);
  const apply = (event: Event): void => {
    event.preventDefault();
    const target = linkAddress(address);
    if (target === null) {
      setError(t("editor.linkInvalid"));
      return;
    }
    onClose();
    handle.exec({ kind: "link", address: target, text: text.trim() });
  };
  const remove = (): void => {
    onClose();
    handle.exec({ kind: "unlink" });
  };
  return (
    <Dialog
      title={t(status.link === null ? "editor.linkTitle" : "editor.linkEdit")}
      size="small"
      onClose={() => {
        onClose();
        handle.focus();
      }}
      actions={
        <>
          {status.link !== null && (
            <Button variant="quiet" onClick={remove}>
              {t("editor.linkRemove")}
            </Button>
          )}
          <Button variant="primary" onClick={apply}>
            {t("editor.linkApply")}
          </Button>
        </>
      }
    >
      <form class="gs-link-form" onSubmit={apply} noValidate>
        <TextField
          label={t("editor.linkAddress")}
          value={address}
          onInput={(value) => {
            setAddress(value);
            setError(undefined);
          }}
          inputMode="url"
          hint={t("editor.linkHint")}
          error={error}
          autofocus
        />
        {needsText && <TextField label={t("editor.linkText")} value={text} onInput={setText} />}
        <button type="submit" class="gs-visually-hidden" tabIndex={-1} aria-hidden="true" />
      </form>
    </Dialog>
  );
}
