import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { isVisible } from "../conversation";
import { t } from "../i18n";
import { threadKey } from "./actions";
import { useWave } from "./context";
import type { Place } from "./places";
import { Blips, ContinueThread } from "./Thread";

/** What `OpenWave` calls them by. */
export function inlineReplies(place: Place, threadId: string): JSX.Element {
  return <InlineReplies place={place} threadId={threadId} />;
}

interface InlineRepliesProps {
  readonly place: Place;
  readonly threadId: string;
}

/** A thread in the text of a blip, open under its anchor, or nothing while it is folded or empty. */
function InlineReplies({ place, threadId }: InlineRepliesProps): JSX.Element | null {
  const { model } = useWave();
  const { conversation, blip } = place;
  const thread = useComputed(() => {
    const threads = conversation.conversation.value?.placed.get(blip.id)?.blip.threads;
    return threads?.find(({ id, inline }) => id === threadId && inline) ?? null;
  }).value;
  const folded = useComputed(() => thread !== null && model.folded.value.has(threadKey(conversation, thread))).value;
  if (thread === null || folded || !isVisible(thread)) return null;
  return (
    <fieldset class="gs-inline" aria-label={t("wave.inlineReplies")}>
      <Blips conversation={conversation} thread={thread} depth={1} />
      <ContinueThread conversation={conversation} thread={thread} />
    </fieldset>
  );
}
