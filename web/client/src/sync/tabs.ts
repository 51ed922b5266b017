/** Which of a person's tabs are alive. A tab holds a lock as long as it lives; the browser releases it at its end. */

/** How long work may lie untouched, in ms, until its tab counts as gone where the browser has no locks. */
const ABANDONED_AFTER = 300_000;

export interface Tabs {
  /** Show that `tab` is alive, until what this resolves to is called. */
  hold(tab: string): Promise<() => void>;
  /**
   * Do `action` if `tab` is gone, while nobody else can do the same for it; else resolve to null. `lastSeen` is when
   * it last wrote, in ms since 1970.
   */
  ifGone<Result>(tab: string, lastSeen: number, action: () => Promise<Result>): Promise<Result | null>;
}

/** Tabs known by Web Locks. */
export function lockedTabs(locks: LockManager): Tabs {
  return {
    hold: (tab) =>
      new Promise((held, failed) => {
        const lock = locks.request(lockName(tab), () => new Promise<void>((release) => held(() => release())));
        lock.catch(failed);
      }),
    ifGone: (tab, _lastSeen, action) =>
      locks.request(lockName(tab), { ifAvailable: true }, async (lock) => (lock === null ? null : await action())),
  };
}

/**
 * Tabs known by when they last wrote: pages that came by plain http from another machine have no Web Locks. A tab
 * that was suspended for longer may find its work taken over; keys keep what both send from being applied twice.
 */
export function timedTabs(now: () => number): Tabs {
  return {
    hold: async () => () => undefined,
    ifGone: async (_tab, lastSeen, action) => (now() - lastSeen > ABANDONED_AFTER ? await action() : null),
  };
}

function lockName(tab: string): string {
  return `groundswell-tab:${tab}`;
}
