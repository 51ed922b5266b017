/** Time as synchronisation sees it, so that tests can hold it. */

/** A timer that has been set. */
export type Timer = object | number;

export interface Timers {
  /** Milliseconds since 1970. */
  now(): number;
  /** Call `action` once, after `wait` ms at the least. */
  set(action: () => void, wait: number): Timer;
  clear(timer: Timer): void;
}

/** The system's clock and timers. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  set: (action, wait) => setTimeout(action, wait),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
