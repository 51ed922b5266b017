/** How long to wait before trying again: longer each time, never too long, and not everybody at once. Pure. */

/** The first delay and the longest, in ms. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 15_000;

/**
 * Milliseconds to wait after so many failures in a row (1 or more): doubled each time up to the longest, and cut by
 * up to half by `chance`, a random number from 0 to 1.
 */
export function delayAfter(failures: number, chance: number): number {
  const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest * (1 - chance / 2));
}
