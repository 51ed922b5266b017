/** When others' edits are drawn while somebody types: in a pause between keys, several at once. */

/** They wait at least so long, in ms, so that what comes meanwhile costs one frame; */
const LEAST = 100;
/** and at most so long: who types without a pause sees them too. */
const MOST = 250;

/** Call back once, in a pause if there is one within `MOST` ms. Returns what takes that back. */
export function inPause(callback: () => void): () => void {
  let cancelIdle = (): void => undefined;
  const timer = setTimeout(() => {
    cancelIdle = whenIdle(callback);
  }, LEAST);
  return () => {
    clearTimeout(timer);
    cancelIdle();
  };
}

function whenIdle(callback: () => void): () => void {
  if (typeof requestIdleCallback === "function") {
    const request = requestIdleCallback(callback, { timeout: MOST - LEAST });
    return () => cancelIdleCallback(request);
  }
  const timer = setTimeout(callback, 0); // Safari cannot say when it is idle
  return () => clearTimeout(timer);
}
