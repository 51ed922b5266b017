/** Every text that people see: messages by key, and dates, times and numbers, in the language that is set. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { IntlMessageFormat } from "intl-messageformat";
import english from "./en";
import { relativeTime } from "./relative";

export type { Area, Catalogue, Translation } from "./catalogue";

/** The languages that are complete. */
export const LOCALES = ["en", "de"] as const;
export type Locale = (typeof LOCALES)[number];

/** The key of a message. */
export type MessageKey = keyof typeof english;
export type MessageValues = Readonly<Record<string, string | number | Date>>;
type Messages = Readonly<Record<MessageKey, string>>;

interface Language {
  readonly locale: Locale;
  /** The same with the reader's region, "en-GB", for how dates and numbers are written. */
  readonly region: string;
  readonly messages: Messages;
  readonly compiled: Map<MessageKey, IntlMessageFormat>;
}

const language = signal<Language>({ locale: "en", region: "en", messages: english, compiled: new Map() });

/** The language of the page. A component that reads it, or calls t(), is rendered again when it changes. */
export const locale: ReadonlySignal<Locale> = computed(() => language.value.locale);

/** Load a language and show everything in it. Rejects, and changes nothing, when it cannot be fetched. */
export async function setLocale(wanted: Locale): Promise<void> {
  const messages: Messages = wanted === "de" ? (await import("./de")).default : english;
  const regions = typeof navigator === "undefined" ? [] : navigator.languages;
  language.value = { locale: wanted, region: regionOf(wanted, regions), messages, compiled: new Map() };
  if (typeof document !== "undefined") document.documentElement.lang = wanted;
}

/** The first of the browser's languages that we have, else English. */
export function preferredLocale(tags: readonly string[]): Locale {
  for (const tag of tags) {
    const base = tag.toLowerCase().split("-")[0];
    const found = LOCALES.find((known) => known === base);
    if (found !== undefined) return found;
  }
  return "en";
}

/** The first of the browser's languages that is a variety of the one shown: "en-GB" for "en". */
export function regionOf(shown: Locale, tags: readonly string[]): string {
  return tags.find((tag) => preferredLocale([tag]) === shown && tag.toLowerCase().startsWith(shown)) ?? shown;
}

/** The message of a key, with its placeholders filled in. Throws when a value is missing: that is a mistake in the code. */
export function t(key: MessageKey, values?: MessageValues): string {
  const { region, messages, compiled } = language.value;
  let format = compiled.get(key);
  if (format === undefined) {
    format = new IntlMessageFormat(messages[key], region, undefined, { ignoreTag: true });
    compiled.set(key, format);
  }
  return format.format<string>(values ?? {}) as string;
}

/** A time of day: "14:05". `ms` counts from 1970, as everywhere here. */
export function formatTime(ms: number): string {
  return dateFormat({ hour: "numeric", minute: "2-digit" }).format(ms);
}

/** A day, as short as it can be told from others: "12 May", or "12 May 2024" in another year than now's. */
export function formatDate(ms: number, now: number = Date.now()): string {
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return dateFormat({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(ms);
}

/** Day and time in full, for tooltips and for what must be exact. */
export function formatDateTime(ms: number): string {
  return dateFormat({ dateStyle: "long", timeStyle: "short" }).format(ms);
}

/** How long ago, as short as lists need it: "now", "5 min ago", "14:05", "Tue", "12 May". */
export function formatRelative(ms: number, now: number = Date.now()): string {
  const told = relativeTime(ms, now);
  switch (told.kind) {
    case "now":
      return t("common.now");
    case "minutes":
      return t("common.minutesAgo", { minutes: told.minutes });
    case "time":
      return formatTime(ms);
    case "weekday":
      return dateFormat({ weekday: "short" }).format(ms);
    case "date":
      return formatDate(ms, now);
  }
}

/** A number in the language's digits and separators. */
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(language.value.region).format(value);
}

/** A size in bytes as people read it: "3.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const unit = units[power] ?? "byte";
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(language.value.region, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

/** Names in a row: "Anna, Ben and Carla". */
export function formatList(names: readonly string[]): string {
  return new Intl.ListFormat(language.value.region, { type: "conjunction" }).format(names);
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const { region } = language.value;
  const key = `${region} ${JSON.stringify(options)}`;
  let format = dateFormats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(region, options);
    dateFormats.set(key, format);
  }
  return format;
}
