import type { JSX } from "preact";
import { t } from "../i18n";
import { Icon, type IconName } from "../ui";
import type { ConversationModel } from "./conversationModel";
import { explainTroubles } from "./troubles";
import "./notices.css";

/** What keeps a conversation from its other providers, in it and nowhere else. It stays in sight, and goes by itself. */
export function TroubleNotices({ conversation }: { readonly conversation: ConversationModel }): JSX.Element {
  const told = explainTroubles(conversation.troubles.value);
  return (
    <div class="gs-troubles" role="status">
      {told.map(({ kind, text }) => (
        <div key={kind} class="gs-notice">
          <Icon name={iconOf(kind)} size={18} />
          <p>
            {kind === "quarantined" && <strong>{t("wave.quarantined")} </strong>}
            {text}
          </p>
        </div>
      ))}
    </div>
  );
}

function iconOf(kind: string): IconName {
  switch (kind) {
    case "host-unreachable":
    case "not-delivered":
      return "cloud-off";
    case "quarantined":
      return "lock";
    default:
      return "alert";
  }
}
