/** Which of the dialogs that can be opened from anywhere is open; pages/shell/DialogLayer shows it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Digest } from "./digests";

export type OpenDialog =
  | { readonly kind: "none" }
  | { readonly kind: "shortcuts" }
  | { readonly kind: "folders"; readonly digest: Digest }
  | { readonly kind: "sign-out"; readonly changes: number };

const open = signal<OpenDialog>({ kind: "none" });

/** The one that is open. */
export const openDialog: ReadonlySignal<OpenDialog> = open;

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

/** Close the one that is open. */
export function closeDialog(): void {
  open.value = { kind: "none" };
}
