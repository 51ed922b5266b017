/** What to tell a person about their work. Pure. */

import { formatList, t } from "../i18n";
import type { ConnectionState, SaveState } from "./types";

/** "saved" only when nothing waits and the server can be reached. `hosts`: those elsewhere that keep changes waiting. */
export function saveStateOf(connection: ConnectionState, changes: number, hosts: readonly string[]): SaveState {
  if (connection === "signed-out" || connection === "offline") return { kind: connection, changes };
  if (changes === 0) return { kind: "saved" };
  return hosts.length > 0 ? { kind: "waiting", changes, hosts } : { kind: "saving", changes };
}

/** The same in a few words. */
export function describeSaveState(state: SaveState): string {
  switch (state.kind) {
    case "saved":
      return t("sync.saved");
    case "saving":
      return t("sync.saving");
    case "waiting":
      return t("sync.waiting", { hosts: formatList(state.hosts) });
    case "offline":
      return state.changes > 0 ? t("sync.offlineWaiting", { changes: state.changes }) : t("sync.offline");
    case "signed-out":
      return state.changes > 0 ? t("sync.signedOutWaiting", { changes: state.changes }) : t("sync.signedOut");
  }
}
