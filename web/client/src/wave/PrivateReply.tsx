import type { JSX } from "preact";
import { isVisible } from "../conversation";
import { formatList, t } from "../i18n";
import { Icon } from "../ui";
import { nameWithDomain, useWave } from "./context";
import type { ConversationModel } from "./conversationModel";
import { People } from "./People";
import { Blips, ContinueThread } from "./Thread";

interface PrivateReplyProps {
  readonly conversation: ConversationModel;
  readonly depth: number;
}

/** A private reply: a tinted edge, a lock, and always the names of those who see it. Nothing once all of it is deleted. */
export function PrivateReply({ conversation, depth }: PrivateReplyProps): JSX.Element | null {
  const { model, people } = useWave();
  const manifest = conversation.conversation.value;
  if (manifest === null || !isVisible(manifest.root)) return null;
  const others = conversation.participants.value.filter((address) => address !== model.self);
  const names = formatList([...others.map((it) => nameWithDomain(people, it, model.self)), t("wave.you")]);
  const label = others.length > 0 ? t("wave.privateTo", { names }) : t("wave.privateOnly");
  return (
    <fieldset class="gs-private" aria-label={label}>
      <header class="gs-private-header">
        <Icon name="lock" size={16} />
        <span class="gs-private-names">{label}</span>
        <People conversation={conversation} />
      </header>
      {conversation.ended.value !== null && <p class="gs-notice">{t("wave.removed")}</p>}
      <Blips conversation={conversation} thread={manifest.root} depth={depth} />
      <ContinueThread conversation={conversation} thread={manifest.root} />
    </fieldset>
  );
}
