import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { BlipContent, BlipEditor } from "../editor";
import { isTextTarget } from "../ui";
import { placeCaret } from "./caret";
import { useWave } from "./context";
import { editorHost } from "./editorHost";
import type { Place } from "./places";

interface BlipTextProps {
  readonly place: Place;
  readonly label: string;
  readonly editing: boolean;
  readonly near: boolean;
}

/**
 * A blip's text. A plain one is only drawn; one with something alive in it (a caret, replies, marks of who
 * wrote what) gets an editor, which can be written in or not, and keeps it.
 */
export function BlipText({ place, label, editing, near }: BlipTextProps): JSX.Element {
  const { model, actions } = useWave();
  const lively = useLively(place, near) || editing;
  const click = (event: MouseEvent): void => {
    if (editing || !isForText(event)) return;
    model.clickedAt = { x: event.clientX, y: event.clientY };
    actions.edit(place.key);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for pointers; "Edit" and the key E do the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div class="gs-blip-text" onClick={click}>
      {lively ? <LiveText place={place} label={label} editing={editing} /> : <StillText place={place} />}
    </div>
  );
}

/**
 * Whether the blip needs an editor; once it does, it keeps it. Marks and carets are for those who are near enough
 * to see them: editors cost more than drawn text, and there may be hundreds of unread blips.
 */
function useLively(place: Place, near: boolean): boolean {
  const { model } = useWave();
  const ever = useRef(false);
  const marked = useComputed(
    () =>
      model.showAuthors.value || model.since(place.key).value !== null || model.cursorsIn(place.key).value.length > 0,
  ).value;
  const answered = useComputed(() => {
    const threads = place.conversation.conversation.value?.placed.get(place.blip.id)?.blip.threads;
    return threads?.some(({ inline }) => inline) === true;
  }).value;
  ever.current ||= answered || (near && marked);
  return ever.current;
}

function LiveText({ place, label, editing }: Omit<BlipTextProps, "near">): JSX.Element {
  const wave = useWave();
  const { model } = wave;
  const host = useMemo(() => editorHost(wave, place), [wave, place]);
  // Editors are made once; which of them is written in changes.
  const handle = useRef<Parameters<NonNullable<Parameters<typeof BlipEditor>[0]["handle"]>>[0] | null>(null);
  // Before it is painted: what is typed at a text that is seen to be written in goes into it.
  useLayoutEffect(() => {
    if (!editing) return undefined;
    model.editor.value = handle.current;
    handle.current?.focus();
    if (model.clickedAt !== null) placeCaret(model.clickedAt);
    model.clickedAt = null;
    return () => {
      if (model.editor.peek() === handle.current) model.editor.value = null;
    };
  }, [editing, model]);
  return (
    <BlipEditor
      host={host}
      editable={editing}
      autofocus={editing}
      label={label}
      handle={(made) => {
        handle.current = made;
        if (model.editing.peek() === place.key) model.editor.value = made;
      }}
    />
  );
}

function StillText({ place }: { readonly place: Place }): JSX.Element {
  const revision = place.blip.revision.value;
  const document = useMemo(() => place.conversation.replica.document(place.blip.id)?.toOp() ?? [], [place, revision]);
  return <BlipContent document={document} />;
}

/** Whether a press means the text itself: no control in it, and not the end of selecting some of it. */
function isForText(event: MouseEvent): boolean {
  if (event.defaultPrevented || event.button !== 0 || isTextTarget(event.target)) return false;
  const text = event.currentTarget;
  const target = event.target instanceof Element ? event.target : null;
  const other = target?.closest("a, button, input, label, select, textarea, summary, .gs-inline");
  if (other && text instanceof Node && text.contains(other)) return false;
  return document.getSelection()?.isCollapsed !== false;
}
