import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { isShown, isVisible, type Thread } from "../conversation";
import { formatList, t } from "../i18n";
import { Icon } from "../ui";
import { threadKey } from "./actions";
import { BlipView } from "./BlipView";
import { useWave } from "./context";
import type { ConversationModel } from "./conversationModel";
import { People } from "./People";
import { blipsInThread, type Place, unreadInThread } from "./places";
import { replyAnchors } from "./replyAnchors";
import { TroubleNotices } from "./TroubleNotices";
import "./thread.css";

/** Deeper threads are no longer indented: a line at their side tells them apart. */
const DEEPEST_INDENT = 3;

interface BlipsProps {
  readonly conversation: ConversationModel;
  readonly thread: Thread;
  readonly depth: number;
}

/** The blips of a thread, one after the other. */
export function Blips({ conversation, thread, depth }: BlipsProps): JSX.Element {
  return (
    <>
      {thread.blips.filter(isShown).map((blip) => (
        <BlipView
          key={blip.id}
          conversation={conversation}
          blip={blip}
          replies={(place) => <RepliesTo place={place} threads={blip.threads} depth={depth} />}
        />
      ))}
    </>
  );
}

interface RepliesToProps {
  readonly place: Place;
  readonly threads: readonly Thread[];
  readonly depth: number;
}

/** What replies to a blip and is shown after it: threads that are not in its text, and private replies. */
function RepliesTo({ place, threads, depth }: RepliesToProps): JSX.Element {
  const { model } = useWave();
  const { conversation, blip } = place;
  const anchored = useComputed(() => {
    void blip.revision.value;
    return replyAnchors(conversation.replica.document(blip.id));
  });
  const inText = threads.some((thread) => thread.inline) ? anchored.value : null;
  const after = threads.filter((thread) => isVisible(thread) && !(thread.inline && inText?.has(thread.id)));
  return (
    <>
      {after.map((thread) => (
        <ReplyThread
          key={threadKey(conversation, thread)}
          conversation={conversation}
          thread={thread}
          depth={depth + 1}
        />
      ))}
      {model.privateRepliesAt(conversation, blip.id).map((reply) => (
        <PrivateReply key={reply.replica.name} conversation={reply} depth={depth + 1} />
      ))}
    </>
  );
}

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
  const names = formatList([...others.map((it) => people.name(it)), t("wave.you")]);
  const label = others.length > 0 ? t("wave.privateTo", { names }) : t("wave.privateOnly");
  return (
    <fieldset class="gs-private" aria-label={label}>
      <header class="gs-private-header">
        <Icon name="lock" size={16} />
        <span class="gs-private-names">{label}</span>
        <People conversation={conversation} />
      </header>
      {conversation.ended.value !== null && <p class="gs-notice">{t("wave.removed")}</p>}
      <TroubleNotices conversation={conversation} />
      <Blips conversation={conversation} thread={manifest.root} depth={depth} />
      <ContinueThread conversation={conversation} thread={manifest.root} />
    </fieldset>
  );
}

/** A thread of replies: it can be folded, then it says how many blips are in it and how many of them are unread. */
function ReplyThread({ conversation, thread, depth }: BlipsProps): JSX.Element {
  const { model } = useWave();
  const key = threadKey(conversation, thread);
  const folded = useComputed(() => model.folded.value.has(key)).value;
  const count = blipsInThread(thread);
  const depthClass = depth > DEEPEST_INDENT ? " gs-thread-deep" : "";
  if (folded) return <FoldedThread conversation={conversation} thread={thread} depth={depth} />;
  return (
    <div class={`gs-thread${depthClass}`}>
      <button
        type="button"
        class="gs-fold-line"
        aria-expanded={true}
        aria-label={t("wave.fold", { count })}
        data-tooltip={t("wave.fold", { count })}
        onClick={() => model.fold(key, true)}
      />
      <Blips conversation={conversation} thread={thread} depth={depth} />
      <ContinueThread conversation={conversation} thread={thread} />
    </div>
  );
}

function FoldedThread({ conversation, thread, depth }: BlipsProps): JSX.Element {
  const { model } = useWave();
  const count = blipsInThread(thread);
  const unread = unreadInThread(conversation, thread);
  return (
    <button
      type="button"
      class={`gs-folded${unread > 0 ? " gs-folded-unread" : ""}${depth > DEEPEST_INDENT ? " gs-thread-deep" : ""}`}
      aria-expanded={false}
      onClick={() => model.fold(threadKey(conversation, thread), false)}
    >
      <Icon name="chevron-right" size={16} />
      <span>{unread > 0 ? t("wave.unfoldUnread", { count, unread }) : t("wave.unfold", { count })}</span>
    </button>
  );
}

/** At the end of a thread: a place to go on writing in it. */
export function ContinueThread({
  conversation,
  thread,
}: {
  readonly conversation: ConversationModel;
  readonly thread: Thread;
}): JSX.Element | null {
  const { model, actions } = useWave();
  const last = thread.blips.filter((blip) => !blip.deleted).at(-1);
  const writing = useComputed(() => {
    const key = model.editing.value;
    return key !== null && last !== undefined && key === `${conversation.replica.name} ${last.id}`;
  }).value;
  if (!conversation.writable.value || writing) return null;
  return (
    <button type="button" class="gs-continue" onClick={() => actions.append(conversation, thread)}>
      <Icon name="plus" size={16} />
      <span>{t("wave.continueThread")}</span>
    </button>
  );
}
