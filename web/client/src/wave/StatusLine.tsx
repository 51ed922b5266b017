import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { describeSaveState, type SaveState, type SyncClient } from "../sync";
import { Button, Icon, type IconName } from "../ui";
import "./status.css";

/** "Saved" is said after so long without anything to save, in ms: not between the keys of somebody who types. */
export const CALM = 400;

/**
 * How far what was typed has got: "saved" only once the server has it for good. One quiet line, read out politely; offline
 * with a button beside it for who does not want to wait until the connection is tried again.
 */
export function StatusLine({ client }: { readonly client: SyncClient }): JSX.Element {
  const state = useCalm(client.saveState.value);
  const unkept = client.storage.value === "unavailable" && state.kind !== "saved";
  return (
    <div class="gs-status-row">
      <p class={`gs-status gs-status-${state.kind}`} role="status">
        <Icon name={iconOf(state)} size={16} />
        <span>
          {unkept ? `${describeSaveState(state)}. ${t("sync.storageUnavailable")}` : describeSaveState(state)}
        </span>
      </p>
      {state.kind === "offline" && (
        <Button variant="quiet" size="small" onClick={() => client.retry()}>
          {t("common.retry")}
        </Button>
      )}
    </div>
  );
}

/** The state; when that comes to be "saved", it is "saving" a little longer. */
function useCalm(state: SaveState): SaveState {
  const { kind } = state;
  const [told, setTold] = useState(kind);
  useEffect(() => {
    const timer = setTimeout(() => setTold(kind), kind === "saved" ? CALM : 0);
    return () => clearTimeout(timer);
  }, [kind]);
  return kind === "saved" && told === "saving" ? { kind: "saving", changes: 0 } : state;
}

function iconOf(state: SaveState): IconName {
  switch (state.kind) {
    case "saved":
      return "cloud-check";
    case "saving":
    case "waiting":
      return "cloud";
    case "offline":
    case "signed-out":
      return "cloud-off";
  }
}
