import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { people } from "../app/people";
import { Toolbar } from "../editor";
import { t } from "../i18n";
import type { SyncClient } from "../sync";
import { EmptyState, Icon, toast } from "../ui";
import { Announcer } from "./Announcer";
import { WaveActions } from "./actions";
import { ContributionCard } from "./ContributionCard";
import { useClock } from "./clock";
import { type OpenWave, useWave, WaveContext } from "./context";
import { inlineReplies } from "./InlineReplies";
import { Notices } from "./Notices";
import { placeKey, unanchored } from "./places";
import { waveServices } from "./services";
import { useWaveShortcuts } from "./shortcuts";
import { Tags } from "./Tags";
import { Blips, PrivateReply } from "./Thread";
import { TroubleNotices } from "./TroubleNotices";
import { UnreadButton } from "./UnreadButton";
import { WaveHeader } from "./WaveHeader";
import { WaveModel } from "./waveModel";
import "./wave.css";

export interface WavePaneProps {
  /** `waveDomain/waveId`. */
  readonly wave: string;
  /** The blip that the address names, to scroll to and mark; null for none. */
  readonly blip: string | null;
  readonly client: SyncClient;
}

/** An open wave: read it, write in it, see who is there. */
export function WavePane({ wave, blip, client }: WavePaneProps): JSX.Element {
  const open = useMemo<OpenWave>(() => {
    const model = new WaveModel(wave, waveServices(client));
    return { model, actions: new WaveActions(model, people.name), people, inlineReplies };
  }, [wave, client]);
  const { model } = open;
  useEffect(() => () => model.close(), [model]);
  useEffect(() => {
    const tell = (): void => model.setPageVisible(document.visibilityState === "visible");
    tell();
    document.addEventListener("visibilitychange", tell);
    return () => document.removeEventListener("visibilitychange", tell);
  }, [model]);
  useClock();
  useWaveShortcuts(open);
  useLinkedBlip(open, blip);
  useFirstLine(open);
  return (
    <WaveContext.Provider value={open}>
      <section class="gs-wave" data-shortcuts="wave" aria-label={t("wave.messages")}>
        <WaveHeader />
        <div class="gs-wave-toolbar">
          <WaveToolbar />
        </div>
        <div class="gs-wave-scroll">
          <div class="gs-wave-body">
            <Notices />
            <WaveBody />
          </div>
        </div>
        <UnreadButton />
        <Announcer />
        <ContributionCard />
      </section>
    </WaveContext.Provider>
  );
}

/** The buttons for formatting, while somebody writes. */
function WaveToolbar(): JSX.Element | null {
  const { model } = useWave();
  return <Toolbar handle={model.editor.value} />;
}

function WaveBody(): JSX.Element {
  const { model, actions } = useWave();
  const state = model.view.state.value;
  const conversations = model.conversations.value;
  if (conversations.length === 0) {
    if (state === "opening") return <Skeleton />;
    return (
      <EmptyState icon="search" title={t("wave.missing")} heading>
        {t("wave.missingHint")}
      </EmptyState>
    );
  }
  const root = model.root.value;
  const thread = root?.conversation.value?.root;
  const others = unanchored(root, conversations);
  return (
    <>
      {root !== null && <TroubleNotices conversation={root} />}
      {root !== null && thread !== undefined && (
        <>
          {model.places.value.length === 0 && (
            <EmptyState icon="comment" title={t("wave.emptyTitle")}>
              {t("wave.emptyHint")}
            </EmptyState>
          )}
          <Blips conversation={root} thread={thread} depth={0} />
          {root.writable.value && (
            <button type="button" class="gs-quick-reply" onClick={() => actions.append(root, thread)}>
              <Icon name="edit" size={18} />
              <span>{t("wave.quickReply")}</span>
            </button>
          )}
        </>
      )}
      {others.length > 0 && (
        <section aria-label={t("wave.privateElsewhere")}>
          {others.map((reply) => (
            <PrivateReply key={reply.replica.name} conversation={reply} depth={0} />
          ))}
        </section>
      )}
      {root !== null && <Tags conversation={root} />}
    </>
  );
}

function Skeleton(): JSX.Element {
  return (
    <div class="gs-wave-skeleton" role="status">
      <span />
      <span />
      <span />
      <span class="gs-visually-hidden">{t("wave.opening")}</span>
    </div>
  );
}

/** How long a linked blip stands out, in ms. */
const MARKED_FOR = 3_000;

/** Scroll to the blip of the address, once it is there, and mark it for a while. */
function useLinkedBlip({ model, actions }: OpenWave, blip: string | null): void {
  useEffect(() => {
    if (blip === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | null = null;
    let found = false;
    const stop = effect(() => {
      if (found || model.view.state.value === "opening" || model.places.value.length === 0) return;
      found = true;
      const place = model.findBlip(blip);
      if (place === undefined) {
        toast(t("wave.blipMissing"));
        return;
      }
      model.marked.value = place.key;
      actions.focus(place.key, "center");
      timer = setTimeout(() => {
        model.marked.value = null;
      }, MARKED_FOR);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
      model.marked.value = null;
    };
  }, [model, actions, blip]);
}

/** A wave that has nothing in it yet is begun at once: its author wants to write. */
function useFirstLine({ model, actions }: OpenWave): void {
  const done = useRef<WaveModel | null>(null);
  useEffect(
    () =>
      effect(() => {
        const root = model.root.value;
        const blips = root?.conversation.value?.root.blips ?? [];
        const first = blips[0];
        if (root === null || first === undefined || done.current === model) return;
        done.current = model;
        const alone = blips.length === 1 && root.participants.peek().length === 1;
        if (alone && root.title.peek() === "") actions.edit(placeKey(root, first.id));
      }),
    [model, actions],
  );
}
