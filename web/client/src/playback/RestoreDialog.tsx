import type { JSX } from "preact";
import { formatDateTime, t } from "../i18n";
import { Button, Dialog } from "../ui";

export interface RestoreDialogProps {
  /** When the version came about, in ms since 1970; 0 for the beginning. */
  readonly timestamp: number;
  readonly onRestore: () => void;
  readonly onClose: () => void;
}

/** Asks before going back: what happens, and that it can be undone the same way. */
export function RestoreDialog({ timestamp, onRestore, onClose }: RestoreDialogProps): JSX.Element {
  return (
    <Dialog
      title={t("history.restoreTitle")}
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" onClick={onRestore}>
            {t("history.restore")}
          </Button>
        </>
      }
    >
      <p class="gs-history-paragraph">{t("history.restoreWhat", { time: formatDateTime(timestamp) })}</p>
      <p>{t("history.restoreUndo")}</p>
    </Dialog>
  );
}
