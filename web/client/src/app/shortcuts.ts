/** The keyboard shortcuts that there are now: components register theirs while they are shown; `?` lists them. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { isTextTarget } from "../ui/focus";
import { canonical, isSingleKey, NO_SEQUENCE, nameOf, step } from "./keys";
import { preferences } from "./preferences";

/**
 * Where a shortcut applies, and the heading that it is listed under: "general" everywhere, the others while the focus is
 * in the part of the page that says so with `data-shortcuts`, or in none of them while that part is the main one.
 */
export type ShortcutScope = "general" | "list" | "wave" | "editor" | "history";

export interface Shortcut {
  /** "c", "g i", "mod+k", "shift+n", "Enter", "Space": see keys.ts. */
  readonly keys: string;
  readonly scope: ShortcutScope;
  /** What it does, in the reader's language. */
  readonly label: () => string;
  /** Null for keys that something else handles, such as the editor: they are only listed. */
  readonly run: (() => void) | null;
}

/** "mod" is Command there. */
export const onApple = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.userAgent);

const registered = signal<readonly Shortcut[]>([]);

/** All that apply now, in the order in which they were registered. */
export const shortcuts: ReadonlySignal<readonly Shortcut[]> = registered;

/** Add a shortcut; of several for the same keys the last one runs. Returns what removes it. */
export function registerShortcut(given: Shortcut): () => void {
  const shortcut = { ...given, keys: canonical(given.keys) };
  registered.value = [...registered.peek(), shortcut];
  return () => {
    registered.value = registered.peek().filter((other) => other !== shortcut);
  };
}

/** Have these shortcuts while the component is shown; they are registered anew when `inputs` change. */
export function useShortcuts(make: () => readonly Shortcut[], inputs: readonly unknown[]): void {
  // Before it is painted: who sees something can use its keys.
  useLayoutEffect(() => {
    const removals = make().map(registerShortcut);
    return () => {
      for (const remove of removals) remove();
    };
  }, inputs);
}

/**
 * Run shortcuts for the keys pressed in this document. Keys that write text rest in text fields, while a dialog or a
 * menu is open, and when they are switched off. Returns what ends it.
 */
export function listenForShortcuts(root: Document): () => void {
  let sequence = NO_SEQUENCE;
  const press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.key === "Dead") return;
    if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
    if (isCovered(root)) return;
    const zone = zoneOf(event.target, root);
    const rests = singleKeysRest(event);
    const candidates = registered.value.filter((each) => isIn(each, zone) && !(rests && isSingleKey(each.keys)));
    const key = nameOf(event, onApple);
    const result = step(
      sequence,
      key,
      event.timeStamp,
      candidates.map((shortcut) => shortcut.keys),
    );
    sequence = result.sequence;
    const found = candidates.findLast((shortcut) => shortcut.keys === result.matched);
    if (found === undefined) return;
    event.preventDefault();
    found.run?.();
  };
  root.addEventListener("keydown", press);
  return () => root.removeEventListener("keydown", press);
}

/** The part of the page that keys are meant for. */
function zoneOf(target: EventTarget | null, root: Document): string | undefined {
  const around = target instanceof Element ? target.closest<HTMLElement>("[data-shortcuts]") : null;
  return (around ?? root.querySelector<HTMLElement>("[data-shortcuts-main]"))?.dataset.shortcuts;
}

function isIn(shortcut: Shortcut, zone: string | undefined): boolean {
  return shortcut.run !== null && (shortcut.scope === "general" || shortcut.scope === zone);
}

/** Whether a dialog or a menu is open: keys are for it. */
function isCovered(root: Document): boolean {
  return root.querySelector("dialog[open], [role=menu]:popover-open") !== null;
}

/** Whether keys without a modifier are not for shortcuts now. */
function singleKeysRest(event: KeyboardEvent): boolean {
  if (isTextTarget(event.target) || !preferences.value.singleKeys) return true;
  const presses = event.key === "Enter" || event.key === " "; // what these do to a link or a button comes first
  return presses && event.target instanceof HTMLElement && event.target.matches("a, button, [role=button], summary");
}
