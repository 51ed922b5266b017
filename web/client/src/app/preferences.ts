/** What a person has chosen for this device: theme, language, single-key shortcuts, the width of the list. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { LOCALES, type Locale } from "../i18n";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  readonly theme: Theme;
  /** Null: as the browser's languages say. */
  readonly locale: Locale | null;
  /** Whether keys without a modifier are shortcuts (WCAG 2.1.4 wants a switch). */
  readonly singleKeys: boolean;
  /** Of the list of waves, in px. */
  readonly listWidth: number;
}

export const LIST_WIDTH = { least: 320, usual: 356, most: 480 } as const; // px

const KEY = "groundswell.preferences";
const DEFAULTS: Preferences = { theme: "system", locale: null, singleKeys: true, listWidth: LIST_WIDTH.usual };

const chosen = signal<Preferences>(readPreferences(stored(KEY)));

/** The choices as they are now. */
export const preferences: ReadonlySignal<Preferences> = chosen;

/** Change some of them; kept on this device. */
export function changePreferences(changes: Partial<Preferences>): void {
  chosen.value = { ...chosen.value, ...changes };
  store(KEY, JSON.stringify(chosen.value));
}

/** Show the theme that is chosen, from now on and in this document. Returns what ends it. */
export function applyTheme(root: HTMLElement): () => void {
  return effect(() => {
    const { theme } = chosen.value;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  });
}

/** Read what was kept; whatever is not understood is as if it had not been chosen. */
export function readPreferences(text: string | null): Preferences {
  const kept = parsed(text);
  const width = Number(kept.listWidth);
  return {
    theme: THEMES.find((theme) => theme === kept.theme) ?? DEFAULTS.theme,
    locale: LOCALES.find((locale) => locale === kept.locale) ?? DEFAULTS.locale,
    singleKeys: typeof kept.singleKeys === "boolean" ? kept.singleKeys : DEFAULTS.singleKeys,
    listWidth: width >= LIST_WIDTH.least && width <= LIST_WIDTH.most ? width : DEFAULTS.listWidth,
  };
}

function parsed(text: string | null): Partial<Readonly<Record<keyof Preferences, unknown>>> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Partial<Readonly<Record<keyof Preferences, unknown>>>)
      : {};
  } catch {
    return {}; // somebody else's, or cut off
  }
}

/** What this device keeps under a key; null when there is nothing, or when the browser forbids keeping anything. */
export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep something under a key; null removes it. Where the browser forbids it, things last as long as the page. */
export function store(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Private modes and full disks: a choice that is forgotten is better than a page that breaks.
  }
}
