import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { explain } from "../../app/api";
import { signOut } from "../../app/session";
import { t } from "../../i18n";
import { Button, Dialog, toast } from "../../ui";

/** Before signing out with changes that the server does not have. */
export function SignOutDialog(props: { readonly changes: number; readonly onClose: () => void }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const leave = (): void => {
    setBusy(true);
    signOut()
      .catch((error: unknown) => toast(explain(error), { kind: "error" }))
      .finally(props.onClose);
  };
  const actions = (
    <>
      <Button onClick={props.onClose}>{t("common.cancel")}</Button>
      <Button variant="primary" busy={busy} onClick={leave}>
        {t("auth.signOut")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("auth.signOutTitle")} size="small" onClose={props.onClose} actions={actions}>
      <p>{t("auth.signOutUnsaved", { changes: props.changes })}</p>
    </Dialog>
  );
}
