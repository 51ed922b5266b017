/** How fast playback goes: in the time that it took people, without their pauses. Pure. */
import type { TimelinePoint } from "../history/timeline";

/** How many times faster than people. */
export const SPEEDS = [1, 5, 20, 100] as const;
export type Speed = (typeof SPEEDS)[number];

/** A pause is shown as one of this length, in ms. */
const LONGEST_PAUSE = 1_000;

/** A change takes this long at least, in ms, so that many at one time are seen one after the other. */
const SHORTEST = 20;

/** Where playback is after a while, and what of the while is left over for the next change, in ms. */
export interface Played {
  readonly version: number;
  readonly left: number;
}

/**
 * Go on from `version` for `while_` ms of people's time. `next` gives the change after a version, null at the end;
 * there, nothing is left over.
 */
export function played(
  next: (version: number) => TimelinePoint | null,
  from: { readonly version: number; readonly timestamp: number },
  while_: number,
): Played {
  let { version, timestamp } = from;
  let left = while_;
  for (let point = next(version); point !== null; point = next(version)) {
    const takes = Math.min(LONGEST_PAUSE, Math.max(SHORTEST, point.timestamp - timestamp));
    if (takes > left) return { version, left };
    left -= takes;
    version = point.version;
    timestamp = point.timestamp;
  }
  return { version, left: 0 };
}
