/** What can be done with a wave from a list, from its menu and by keys: each can be undone. */

import { t } from "../i18n";
import type { MenuItem } from "../ui";
import { openFolders } from "./dialogs";
import type { Digest } from "./digests";
import { changeWave } from "./waves";

/** To the archive, or back into the inbox. */
export function toggleArchived(digest: Digest): void {
  const { archived } = digest;
  const done = archived ? "inbox.unarchived" : "inbox.archived";
  void changeWave(digest, { archived: !archived }, { done, undo: { archived } });
}

/** Silence it, or let it be heard again. */
export function toggleMuted(digest: Digest): void {
  const { muted } = digest;
  const done = muted ? "inbox.unmutedDone" : "inbox.mutedDone";
  void changeWave(digest, { muted: !muted }, { done, undo: { muted } });
}

/** To the top of the inbox, or back into the order of time. */
export function togglePinned(digest: Digest): void {
  const { pinned } = digest;
  const done = pinned ? "inbox.unpinnedDone" : "inbox.pinnedDone";
  void changeWave(digest, { pinned: !pinned }, { done, undo: { pinned } });
}

/** Everything in it counts as read. */
export function markRead(digest: Digest): void {
  if (digest.unread > 0) void changeWave(digest, { read_all: true }, { done: "inbox.readDone" });
}

/** All of them, as a menu. */
export function commandsOf(digest: Digest): readonly MenuItem[] {
  return [
    {
      kind: "item",
      icon: digest.archived ? "inbox" : "archive",
      label: t(digest.archived ? "inbox.unarchiveAction" : "inbox.archiveAction"),
      shortcut: "E",
      run: () => toggleArchived(digest),
    },
    {
      kind: "item",
      icon: digest.pinned ? "pin-off" : "pin",
      label: t(digest.pinned ? "inbox.unpinAction" : "inbox.pinAction"),
      shortcut: "P",
      run: () => togglePinned(digest),
    },
    {
      kind: "item",
      icon: digest.muted ? "bell" : "bell-off",
      label: t(digest.muted ? "inbox.unmuteAction" : "inbox.muteAction"),
      shortcut: "M",
      run: () => toggleMuted(digest),
    },
    {
      kind: "item",
      icon: "folder-plus",
      label: t("inbox.moveToFolder"),
      shortcut: "V",
      run: () => openFolders(digest),
    },
    {
      kind: "item",
      icon: "check-all",
      label: t("inbox.markRead"),
      disabled: digest.unread === 0,
      shortcut: "U",
      run: () => markRead(digest),
    },
  ];
}
