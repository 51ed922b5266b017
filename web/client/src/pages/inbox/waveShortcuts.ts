/** The keys that act on one wave: the one that the list's focus is at, or the one that is open. */

import { openFolders } from "../../app/dialogs";
import type { Digest } from "../../app/digests";
import { type Shortcut, useShortcuts } from "../../app/shortcuts";
import { markRead, toggleArchived, toggleMuted, togglePinned } from "../../app/waveCommands";
import { digestOf } from "../../app/waves";
import { t } from "../../i18n";

/** In the list: `find` tells which wave they act on. */
export function listCommands(find: () => Digest | undefined): readonly Shortcut[] {
  return [command("list", "e", () => t("inbox.archiveAction"), find, toggleArchived), ...shared("list", find)];
}

/** In an open wave; E edits there, so it takes Shift to archive. */
export function useWaveListShortcuts(wave: string): void {
  useShortcuts(() => {
    const find = (): Digest | undefined => digestOf(wave);
    return [command("wave", "shift+e", () => t("inbox.archiveAction"), find, toggleArchived), ...shared("wave", find)];
  }, [wave]);
}

function shared(scope: "list" | "wave", find: () => Digest | undefined): readonly Shortcut[] {
  return [
    command(scope, "m", () => t("inbox.muteAction"), find, toggleMuted),
    command(scope, "p", () => t("inbox.pinAction"), find, togglePinned),
    command(scope, "v", () => t("inbox.moveToFolder"), find, openFolders),
    command(scope, "u", () => t("inbox.markRead"), find, markRead),
  ];
}

function command(
  scope: "list" | "wave",
  keys: string,
  label: () => string,
  find: () => Digest | undefined,
  act: (digest: Digest) => void,
): Shortcut {
  const run = (): void => {
    const digest = find();
    if (digest !== undefined) act(digest);
  };
  return { keys, scope, label, run };
}
