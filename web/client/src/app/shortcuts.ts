/** The keyboard shortcuts that there are now: components register theirs while they are shown; `?` lists them. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MessageKey } from "../i18n";
import { isTextTarget } from "../ui/focus";
import { isSingleKey, NO_SEQUENCE, nameOf, step } from "./keys";
import { preferences } from "./preferences";

export type ShortcutScope = "general" | "list" | "wave" | "editor" | "history";

export interface Shortcut {
  /** "c", "g i", "mod+k", "shift+n", "Enter": see keys.ts. */
  readonly keys: string;
  /** The heading that it is listed under. */
  readonly scope: ShortcutScope;
  /** What it does. */
  readonly label: MessageKey;
  /** Null for keys that something else handles, such as the editor: they are only listed. */
  readonly run: (() => void) | null;
}

/** "mod" is Command there. */
export const onApple = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.userAgent);

const registered = signal<readonly Shortcut[]>([]);

/** All that apply now, in the order in which they were registered. */
export const shortcuts: ReadonlySignal<readonly Shortcut[]> = registered;

/** Add a shortcut; of several for the same keys the last one runs. Returns what removes it. */
export function registerShortcut(shortcut: Shortcut): () => void {
  registered.value = [...registered.peek(), shortcut];
  return () => {
    registered.value = registered.peek().filter((other) => other !== shortcut);
  };
}

/** Have these shortcuts while the component is shown; they are registered anew when `inputs` change. */
export function useShortcuts(make: () => readonly Shortcut[], inputs: readonly unknown[]): void {
  useEffect(() => {
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
    const candidates = registered.value.filter((shortcut) => shortcut.run !== null && isHeard(shortcut, event, root));
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

function isHeard(shortcut: Shortcut, event: KeyboardEvent, root: Document): boolean {
  if (root.querySelector("dialog[open], [role=menu]:popover-open") !== null) return false;
  if (!isSingleKey(shortcut.keys)) return true;
  if (isTextTarget(event.target)) return false;
  if (!preferences.value.singleKeys) return false;
  return !(shortcut.keys === "Enter" && event.target instanceof HTMLElement && event.target.matches("a, button"));
}
