import { type Shortcut, useShortcuts } from "../app/shortcuts";
import { t } from "../i18n";
import { toast } from "../ui";
import type { OpenWave } from "./context";
import type { Place } from "./places";

/** The keys of an open wave. They act on the blip that has the focus, or had it last. */
export function useWaveShortcuts(open: OpenWave): void {
  useShortcuts(() => shortcutsOf(open), [open]);
}

/**
 * What a key does on a blip that has the focus itself; the others are in the registry. Says whether it did anything.
 * Enter also presses buttons and writes text, and arrows scroll, so these must not be heard anywhere else.
 */
export function pressOnBlip(event: KeyboardEvent, { model, actions }: OpenWave, place: Place): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (event.key === "Enter" && event.shiftKey) actions.continueAfter(place);
  else if (event.key === "Enter") actions.edit(place.key);
  else if (event.key === "ArrowDown" && endsInSight(model.elements.get(place.key))) actions.move(1);
  else if (event.key === "ArrowUp" && beginsInSight(model.elements.get(place.key))) actions.move(-1);
  else return false;
  return true;
}

/** Arrows scroll through a blip that is longer than the screen before they leave it. */
function endsInSight(element: HTMLElement | undefined): boolean {
  const screen = element?.closest(".gs-wave-scroll")?.getBoundingClientRect();
  return element === undefined || !screen || element.getBoundingClientRect().bottom <= screen.bottom;
}

function beginsInSight(element: HTMLElement | undefined): boolean {
  const screen = element?.closest(".gs-wave-scroll")?.getBoundingClientRect();
  return element === undefined || !screen || element.getBoundingClientRect().top >= screen.top;
}

/** Go to the next unread blip, or say that there is none. */
export function goToNextUnread({ actions }: Pick<OpenWave, "actions">): void {
  if (!actions.nextUnread()) toast(t("wave.noneUnread"));
}

function shortcutsOf(open: OpenWave): readonly Shortcut[] {
  const { model, actions } = open;
  const onCurrent = (act: (place: Place) => void) => (): void => {
    const key = model.current.peek();
    const place = key === null ? undefined : model.find(key);
    if (place !== undefined) act(place);
  };
  return [
    { keys: "n", scope: "wave", label: () => t("wave.nextUnread"), run: () => goToNextUnread(open) },
    { keys: "Space", scope: "wave", label: () => t("wave.nextUnread"), run: () => goToNextUnread(open) },
    { keys: "j", scope: "wave", label: () => t("wave.keyNext"), run: () => actions.move(1) },
    { keys: "k", scope: "wave", label: () => t("wave.keyPrevious"), run: () => actions.move(-1) },
    { keys: "r", scope: "wave", label: () => t("wave.reply"), run: onCurrent((place) => actions.reply(place)) },
    { keys: "e", scope: "wave", label: () => t("wave.edit"), run: onCurrent((place) => actions.edit(place.key)) },
    { keys: "Enter", scope: "wave", label: () => t("wave.edit"), run: null },
    { keys: "shift+Enter", scope: "wave", label: () => t("wave.keyContinue"), run: null },
    { keys: "x", scope: "wave", label: () => t("wave.keyFold"), run: onCurrent((place) => actions.foldAround(place)) },
    { keys: "Escape", scope: "wave", label: () => t("wave.done"), run: null },
  ];
}
