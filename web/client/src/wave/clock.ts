/** The time, for what says how long ago something was. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const TICK = 30_000;
const time = signal(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | null = null;

/** Now, in ms since 1970, set anew twice a minute while anybody uses it. */
export const now: ReadonlySignal<number> = time;

/** Keep `now` going while the component is there. */
export function useClock(): void {
  useEffect(() => {
    users += 1;
    time.value = Date.now();
    timer ??= setInterval(() => {
      time.value = Date.now();
    }, TICK);
    return () => {
      users -= 1;
      if (users > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  }, []);
}
