/** What keeps a conversation from its other providers, in words for its readers. */
import { formatDateTime, formatList, formatTime, t } from "../i18n";
import type { Trouble } from "../sync";

/** Whether the server takes no edits, because the conversation's host contradicts itself. */
export function isQuarantined(troubles: readonly Trouble[]): boolean {
  return troubles.some(({ kind }) => kind === "quarantined");
}

/** Troubles of one kind, told together. */
export interface ToldTrouble {
  readonly kind: string;
  readonly text: string;
}

/** What to say: the gravest first; when there is nothing more to be done here, that alone. `now` in ms since 1970. */
export function explainTroubles(troubles: readonly Trouble[], now: number = Date.now()): readonly ToldTrouble[] {
  const grouped = new Map<string, Trouble[]>();
  for (const trouble of troubles) grouped.set(trouble.kind, [...(grouped.get(trouble.kind) ?? []), trouble]);
  const told = [...grouped].map(([kind, alike]) => ({ kind, text: explain(kind, alike, now) }));
  const quarantined = told.filter(({ kind }) => kind === "quarantined");
  return quarantined.length > 0 ? quarantined : told;
}

function explain(kind: string, troubles: readonly Trouble[], now: number): string {
  const domains = formatList([...new Set(troubles.map(({ domain }) => domain))]);
  const time = momentOf(Math.min(...troubles.map(({ since }) => since)), now);
  switch (kind) {
    case "host-unreachable":
      return t("wave.hostUnreachable", { domain: domains, time });
    case "not-delivered":
      return t("wave.notDelivered", { domains, count: troubles.length, time });
    case "quarantined":
      return t("wave.quarantinedHint", { domain: domains });
    default:
      return troubles.map(({ message }) => message).join(" ");
  }
}

/** The time, with the day unless that is today. */
function momentOf(ms: number, now: number): string {
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return today ? formatTime(ms) : formatDateTime(ms);
}
