/** How a moment is told, seen from another: the closer, the finer. */
export type RelativeTime =
  | { readonly kind: "now" }
  | { readonly kind: "minutes"; readonly minutes: number }
  | { readonly kind: "time" }
  | { readonly kind: "weekday" }
  | { readonly kind: "date" };

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Choose by the distance and by the calendar where the page is: an hour ago may be yesterday. Both in ms since 1970. */
export function relativeTime(ms: number, now: number): RelativeTime {
  const age = now - ms;
  if (age < MINUTE) return { kind: "now" }; // also what a clock that is ahead calls the future
  if (age < 60 * MINUTE) return { kind: "minutes", minutes: Math.floor(age / MINUTE) };
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return { kind: "time" };
  if (age < 6 * DAY) return { kind: "weekday" };
  return { kind: "date" };
}
