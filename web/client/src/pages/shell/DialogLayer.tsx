/** The dialogs that can be opened from anywhere in the application. */
import type { JSX } from "preact";
import { closeDialog, openDialog } from "../../app/dialogs";
import { lazy } from "../../app/lazy";

const none = (): JSX.Element => <></>;

const ShortcutsDialog = lazy(async () => (await import("./ShortcutsDialog")).ShortcutsDialog, none);
const FoldersDialog = lazy(async () => (await import("../inbox/FoldersDialog")).FoldersDialog, none);
const SignOutDialog = lazy(async () => (await import("../account/SignOutDialog")).SignOutDialog, none);

/** Where they appear; once in the page. */
export function DialogLayer(): JSX.Element | null {
  const shown = openDialog.value;
  switch (shown.kind) {
    case "none":
      return null;
    case "shortcuts":
      return <ShortcutsDialog onClose={closeDialog} />;
    case "folders":
      return <FoldersDialog digest={shown.digest} onClose={closeDialog} />;
    case "sign-out":
      return <SignOutDialog changes={shown.changes} onClose={closeDialog} />;
  }
}
