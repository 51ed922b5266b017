import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { PersonAvatar } from "../app/PersonAvatar";
import { people } from "../app/people";
import { type Blip, isShown, isVisible, MANIFEST, readConversation, type Thread } from "../conversation";
import { BlipContent } from "../editor";
import type { ItemRange } from "../history/changes";
import { t } from "../i18n";
import type { WaveDocument } from "../ot";
import { highlighted } from "./highlight";
import type { Shown } from "./playback";

/** Deeper threads are no longer indented, as in the wave itself. */
const DEEPEST_INDENT = 3;

interface PastProps {
  readonly shown: Shown;
}

/** A wave as it was, to read: its blips in their threads, with what the last change wrote marked. */
export function PastWave({ shown }: PastProps): JSX.Element {
  const manifest = shown.state.documents.get(MANIFEST);
  const conversation = useMemo(() => readConversation(manifest), [manifest]);
  if (conversation === null || !isVisible(conversation.root))
    return <p class="gs-history-empty">{t("history.nothingYet")}</p>;
  return <PastThread shown={shown} thread={conversation.root} depth={0} />;
}

function PastThread({
  shown,
  thread,
  depth,
}: PastProps & { readonly thread: Thread; readonly depth: number }): JSX.Element {
  return (
    <>
      {thread.blips.filter(isShown).map((blip) => (
        <div key={blip.id} class="gs-history-group">
          {blip.deleted ? (
            <p class="gs-history-deleted">{t("history.deleted")}</p>
          ) : (
            <PastBlip shown={shown} blip={blip} />
          )}
          {blip.threads.filter(isVisible).map((reply) => (
            <div key={reply.id} class={depth < DEEPEST_INDENT ? "gs-history-replies" : "gs-history-replies-deep"}>
              <PastThread shown={shown} thread={reply} depth={depth + 1} />
            </div>
          ))}
        </div>
      ))}
    </>
  );
}

function PastBlip({ shown, blip }: PastProps & { readonly blip: Blip }): JSX.Element {
  const ref = useRef<HTMLElement>(null);
  const written = shown.written.get(blip.id);
  const author = written === undefined ? null : (shown.delta?.author ?? null);
  useEffect(() => {
    if (author !== null) ref.current?.scrollIntoView({ block: "nearest" });
  }, [author, shown.state.version]);
  return (
    <article
      ref={ref}
      class="gs-history-blip"
      style={author === null ? {} : { borderColor: `var(--gs-person-${people.colour(author)})` }}
    >
      {author !== null && (
        <p class="gs-history-by">
          <PersonAvatar address={author} size={20} decorative />
          <span>{t("history.wroteHere", { name: people.name(author) })}</span>
        </p>
      )}
      <PastText document={shown.state.documents.get(blip.id)} written={written ?? NOTHING} />
    </article>
  );
}

const NOTHING: readonly ItemRange[] = [];

interface PastTextProps {
  readonly document: WaveDocument | undefined;
  readonly written: readonly ItemRange[];
}

function PastText({ document, written }: PastTextProps): JSX.Element | null {
  const op = useMemo(() => (document === undefined ? null : highlighted(document, written)), [document, written]);
  return op === null ? null : <BlipContent document={op} />;
}
