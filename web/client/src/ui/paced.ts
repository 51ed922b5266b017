/** Following what changes with each key of somebody, but not so often: each time costs a layout and a frame. */
import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

/**
 * Tell `told` of the source's value when it changes: at once, and then not again for `interval` ms, at the end of which
 * it is told what the value has become. Meanwhile the source is not read, so a computed one costs nothing.
 *
 * Returns what ends it.
 */
export function followPaced<T>(source: ReadonlySignal<T>, interval: number, told: (value: T) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => undefined;
  let last = source.peek();
  const rest = (value: T): void => {
    timer = setTimeout(follow, interval);
    if (value === last) return;
    last = value;
    told(value);
  };
  const follow = (): void => {
    const present = source.peek();
    if (present !== last) {
      rest(present);
      return;
    }
    let following = false;
    stop = effect(() => {
      const { value } = source;
      if (following) {
        stop();
        rest(value);
      }
      following = true;
    });
  };
  follow();
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** The signal's value; the component is drawn anew for it at most every `interval` ms. */
export function usePaced<T>(source: ReadonlySignal<T>, interval: number): T {
  const [shown, setShown] = useState(() => ({ source, value: source.peek() }));
  useEffect(() => {
    const show = (value: T): void =>
      setShown((before) => (before.source === source && before.value === value ? before : { source, value }));
    show(source.peek()); // it may have changed since it was drawn
    return followPaced(source, interval, show);
  }, [source, interval]);
  return shown.source === source ? shown.value : source.peek();
}
