import { computed, effect, useComputed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Blip } from "../conversation";
import { t } from "../i18n";
import { Button } from "../ui";
import { BlipActions } from "./BlipActions";
import { BlipHead } from "./BlipHead";
import { BlipText } from "./BlipText";
import { useBlipLabel } from "./blipLabel";
import { useWave } from "./context";
import type { ConversationModel } from "./conversationModel";
import { estimatedHeight } from "./mounting";
import { type Place, placeKey } from "./places";
import { pressOnBlip } from "./shortcuts";
import { watchNear, watchSeen } from "./visibility";
import "./blip.css";

/** How long a blip must have been on screen to count as read, in ms. */
const READING_TIME = 1_000;
/** What is above and around the text, in px. */
const HEADER_HEIGHT = 52;

export interface BlipViewProps {
  readonly conversation: ConversationModel;
  readonly blip: Blip;
  /** All that replies to it, to be shown below. */
  readonly replies: (place: Place) => ComponentChildren;
}

/** A blip with its text and all that replies to it. */
export function BlipView({ conversation, blip, replies }: BlipViewProps): JSX.Element {
  const key = placeKey(conversation, blip.id);
  const place = useMemo<Place>(
    () => ({ key, conversation, blip: conversation.blip(blip.id) }),
    [key, conversation, blip.id],
  );
  return (
    <div class="gs-blip-group">
      {blip.deleted ? <DeletedBlip place={place} /> : <OneBlip place={place} />}
      {replies(place)}
    </div>
  );
}

/** Where a blip was that has been deleted while others had replied to it. */
function DeletedBlip({ place }: { readonly place: Place }): JSX.Element {
  const { actions } = useWave();
  return (
    <div class="gs-blip-deleted">
      <p>{t("wave.deletedBlip")}</p>
      {place.conversation.writable.value && (
        <Button size="small" variant="quiet" onClick={() => actions.restore(place.conversation, place.blip.id)}>
          {t("wave.restore")}
        </Button>
      )}
    </div>
  );
}

/** The blip itself; until it is filled, only its place, at about the height that it will have. */
function OneBlip({ place }: { readonly place: Place }): JSX.Element {
  const wave = useWave();
  const { model } = wave;
  const ref = useRef<HTMLElement>(null);
  const filled = useFilled(ref, place);
  useRegistered(ref, place);
  const height = filled ? null : HEADER_HEIGHT + estimatedHeight(place);
  const press = (event: KeyboardEvent): void => {
    if (event.target === ref.current && pressOnBlip(event, wave, place)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <article
      ref={ref}
      class="gs-blip"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard moves between messages, as in a feed
      tabIndex={0}
      data-blip={place.blip.id}
      style={height === null ? {} : { height: `${height}px` }}
      onFocusIn={(event) => {
        // Not for what has the focus in an inline reply, which is a blip of its own.
        const within = event.target instanceof Element ? event.target.closest("[data-blip]") : null;
        if (within === event.currentTarget) model.current.value = place.key;
      }}
      onKeyDown={press}
    >
      {filled && <FilledBlip place={place} article={ref} />}
    </article>
  );
}

interface FilledBlipProps {
  readonly place: Place;
  readonly article: { readonly current: HTMLElement | null };
}

function FilledBlip({ place, article }: FilledBlipProps): JSX.Element {
  const { model, actions } = useWave();
  const label = useBlipLabel(place);
  const near = useNear(article);
  const { writable } = place.conversation;
  const editing = useComputed(() => model.editing.value === place.key && writable.value).value;
  const marked = useComputed(() => model.marked.value === place.key).value;
  useReading(article, place);
  useLayoutEffect(() => {
    article.current?.setAttribute("aria-label", label);
    article.current?.classList.toggle("gs-blip-editing", editing);
    article.current?.classList.toggle("gs-blip-marked", marked);
  }, [article, label, editing, marked]);
  const press = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !editing || event.defaultPrevented || isInDialog(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    actions.endEditing();
    article.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape comes from the editor in it
    <div class="gs-blip-filled" onKeyDown={press}>
      <header class="gs-blip-header">
        <BlipHead place={place} />
        <BlipActions place={place} editing={editing} />
      </header>
      <BlipText place={place} label={label} editing={editing} near={near} />
    </div>
  );
}

/** What floats above the text takes the key for itself. */
function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("dialog, [popover]") !== null;
}

/** Whether the blip is to be made by now. */
function useFilled(ref: { readonly current: HTMLElement | null }, place: Place): boolean {
  const { model } = useWave();
  const [filled, setFilled] = useState(() => model.mounting.takeFirst() || model.editing.peek() === place.key);
  useEffect(() => {
    const element = ref.current;
    if (filled || element === null) return undefined;
    const fill = (): void => setFilled(true);
    const forget = model.mounting.later(fill);
    const unwatch = watchNear(element, (isNear) => {
      if (isNear) fill();
    });
    return () => {
      forget();
      unwatch();
    };
  }, [filled, model, ref]);
  return filled;
}

/** Whether the blip is on screen, or will soon be. */
function useNear(article: { readonly current: HTMLElement | null }): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => (article.current === null ? undefined : watchNear(article.current, setNear)), [article]);
  return near;
}

function useRegistered(ref: { readonly current: HTMLElement | null }, place: Place): void {
  const { model } = useWave();
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    model.elements.set(place.key, element);
    return () => {
      if (model.elements.get(place.key) === element) model.elements.delete(place.key);
    };
  }, [model, place, ref]);
}

/** Mark the blip as read when it has been on screen for a while, each time that there is something new in it. */
function useReading(ref: { readonly current: HTMLElement | null }, place: Place): void {
  const { model } = useWave();
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const unwatch = watchSeen(element, (visible) => model.setOnScreen(place.key, visible));
    // A value of its own, so that what else happens in the wave does not start the time anew.
    const due = computed(() => model.isSeen(place.key) && model.isWorthMarking(place));
    const stop = effect(() => {
      if (!due.value) return undefined;
      const timer = setTimeout(() => model.markRead(place), READING_TIME);
      return () => clearTimeout(timer);
    });
    return () => {
      unwatch();
      stop();
      model.setOnScreen(place.key, false);
    };
  }, [model, place, ref]);
}
