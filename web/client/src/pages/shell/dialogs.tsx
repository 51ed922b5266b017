/** The dialogs that can be opened from anywhere in the application. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Digest } from "../../app/digests";
import { lazy } from "../../app/lazy";

type Open =
  | { readonly kind: "none" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "folders"; readonly digest: Digest }
  | { readonly kind: "sign-out"; readonly changes: number };

const open = signal<Open>({ kind: "none" });
const none = (): JSX.Element => <></>;

const ShortcutsDialog = lazy(async () => (await import("./ShortcutsDialog")).ShortcutsDialog, none);
const FoldersDialog = lazy(async () => (await import("../inbox/FoldersDialog")).FoldersDialog, none);
const SignOutDialog = lazy(async () => (await import("../account/SignOutDialog")).SignOutDialog, none);

/** Show the list of keyboard shortcuts. */
export function openShortcuts(): void {
  open.value = { kind: "shortcuts" };
}

/** Ask in which folders a wave is to be. */
export function openFolders(digest: Digest): void {
  open.value = { kind: "folders", digest };
}

/** Tell that changes have not been saved, and ask whether to sign out all the same. */
export function openSignOut(changes: number): void {
  open.value = { kind: "sign-out", changes };
}

/** Where they appear; once in the page. */
export function DialogLayer(): JSX.Element | null {
  const shown = open.value;
  const close = (): void => {
    open.value = { kind: "none" };
  };
  switch (shown.kind) {
    case "none":
      return null;
    case "shortcuts":
      return <ShortcutsDialog onClose={close} />;
    case "folders":
      return <FoldersDialog digest={shown.digest} onClose={close} />;
    case "sign-out":
      return <SignOutDialog changes={shown.changes} onClose={close} />;
  }
}
