/** What to tell a person about their work. Pure. */

import { t } from "../i18n";
import type { ConnectionState, SaveState } from "./types";

/** "saved" only when nothing waits and the server can be reached. */
export function saveStateOf(connection: ConnectionState, changes: number): SaveState {
  if (connection === "signed-out" || connection === "offline") return { kind: connection, changes };
  return changes > 0 ? { kind: "saving", changes } : { kind: "saved" };
}

/** The same in a few words. */
export function describeSaveState(state: SaveState): string {
  switch (state.kind) {
    case "saved":
      return t("sync.saved");
    case "saving":
      return t("sync.saving");
    case "offline":
      return state.changes > 0 ? t("sync.offlineWaiting", { changes: state.changes }) : t("sync.offline");
    case "signed-out":
      return state.changes > 0 ? t("sync.signedOutWaiting", { changes: state.changes }) : t("sync.signedOut");
  }
}
