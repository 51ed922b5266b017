/** Keys as shortcuts name them: "c", "?", "Enter", "mod+k" (Ctrl, on Apple's machines Command), and sequences "g i". */

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The name of one press: what the key writes, with the modifiers that are not part of writing it. */
export function nameOf(press: KeyPress, apple: boolean): string {
  const mod = apple ? press.metaKey : press.ctrlKey;
  const key = press.key === " " ? "Space" : press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const letter = key !== key.toUpperCase();
  const shift = press.shiftKey && (letter || press.key.length > 1); // "?" is "?" on every keyboard
  return `${mod ? "mod+" : ""}${press.altKey ? "alt+" : ""}${shift ? "shift+" : ""}${key}`;
}

/** A shortcut as nameOf would write it: "Shift+Enter" is "shift+Enter", "C" is "c". */
export function canonical(keys: string): string {
  return keys
    .split(" ")
    .map((press) =>
      press
        .split(/\+(?=.)/)
        .map((part) => (/^(mod|alt|shift|.)$/i.test(part) ? part.toLowerCase() : part))
        .join("+"),
    )
    .join(" ");
}

/** Whether a shortcut consists of keys that also write text: those rest while somebody is writing. */
export function isSingleKey(keys: string): boolean {
  return keys
    .split(" ")
    .every((key) => !key.includes("mod+") && !key.includes("alt+") && key.length <= "shift+x".length);
}

export interface Sequence {
  /** What has been pressed of a sequence, "g" say, or "". */
  readonly pressed: string;
  /** When, in ms. */
  readonly at: number;
}

export const NO_SEQUENCE: Sequence = { pressed: "", at: 0 };
const PATIENCE = 1_500; // ms between the keys of a sequence

/** Which of the shortcuts a key completes, given what was pressed before; and what is pressed now. */
export function step(
  before: Sequence,
  key: string,
  now: number,
  shortcuts: readonly string[],
): { readonly matched: string | null; readonly sequence: Sequence } {
  const prefix = before.pressed !== "" && now - before.at <= PATIENCE ? `${before.pressed} ` : "";
  for (const typed of prefix === "" ? [key] : [prefix + key, key]) {
    if (shortcuts.includes(typed)) return { matched: typed, sequence: NO_SEQUENCE };
    if (shortcuts.some((keys) => keys.startsWith(`${typed} `))) {
      return { matched: null, sequence: { pressed: typed, at: now } };
    }
  }
  return { matched: null, sequence: NO_SEQUENCE };
}

const SYMBOLS: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "↵",
  Escape: "Esc",
};

/** A shortcut as people read it: each key of each press. "mod+shift+x" is [["Ctrl", "Shift", "X"]]. */
export function shownKeys(keys: string, apple: boolean): readonly (readonly string[])[] {
  return keys.split(" ").map((press) => press.split(/\+(?=.)/).map((key) => shownKey(key, apple)));
}

function shownKey(key: string, apple: boolean): string {
  if (key === "mod") return apple ? "⌘" : "Ctrl";
  if (key === "alt") return apple ? "⌥" : "Alt";
  if (key === "shift") return apple ? "⇧" : "Shift";
  return SYMBOLS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
