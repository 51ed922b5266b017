import { useComputed } from "@preact/signals";
import { type BlipActivity, lastOf } from "../conversation";
import { formatList, formatRelative, t } from "../i18n";
import { usePaced } from "../ui";
import { now } from "./clock";
import { useWave } from "./context";
import type { Place } from "./places";

const MOST_NAMES = 3;
/** A label follows what happens at most this often, in ms. */
const LABEL_EVERY = 1_000;

/** The names of a blip's authors in one text: the first few, and how many more there are. */
export function authorNames(activity: BlipActivity, nameOf: (address: string) => string): string {
  const names = activity.authors.map(nameOf);
  if (names.length <= MOST_NAMES) return formatList(names);
  const shown = names.slice(0, MOST_NAMES - 1);
  return t("wave.authorsMore", { names: shown.join(", "), count: names.length - shown.length });
}

/** What a blip is called by screen readers: who wrote it, when, and whether it is unread. */
export function useBlipLabel({ blip }: Place): string {
  const { people } = useWave();
  const label = useComputed(() => {
    const last = lastOf(blip.activity.value);
    const authors = authorNames(blip.activity.value, people.name);
    if (authors === "") return t("wave.messageNew");
    if (last?.timestamp == null) return t("wave.messageUndated", { authors });
    const time = formatRelative(last.timestamp, now.value);
    return t(blip.unread.value ? "wave.messageUnread" : "wave.message", { authors, time });
  });
  return usePaced(label, LABEL_EVERY);
}
