import type { JSX } from "preact";
import { t } from "../i18n";
import { describeSaveState, type SaveState, type SyncClient } from "../sync";
import { Icon, type IconName } from "../ui";
import "./status.css";

/** How far what was typed has got: "saved" only once the server has it for good. One quiet line, read out politely. */
export function StatusLine({ client }: { readonly client: SyncClient }): JSX.Element {
  const state = client.saveState.value;
  const unkept = client.storage.value === "unavailable" && state.kind !== "saved";
  return (
    <p class={`gs-status gs-status-${state.kind}`} role="status">
      <Icon name={iconOf(state)} size={16} />
      <span>{unkept ? `${describeSaveState(state)}. ${t("sync.storageUnavailable")}` : describeSaveState(state)}</span>
    </p>
  );
}

function iconOf(state: SaveState): IconName {
  switch (state.kind) {
    case "saved":
      return "cloud-check";
    case "saving":
      return "cloud";
    case "offline":
    case "signed-out":
      return "cloud-off";
  }
}
