/**
 * When others' edits are drawn while somebody types: right behind a frame that shows a key, several edits at once.
 *
 * The longest time that is sure to be free is the one behind a key. A moment that is idle may be the last before the next
 * key, which would then wait for a frame that shows what others did, before it gets its own.
 */

/** They wait at least so long, in ms, so that what comes meanwhile costs one frame; */
const LEAST = 100;
/** and at most so long, when no key comes. */
const MOST = 250;

/** The pauses of one editor. */
export class Pauses {
  #drawn: number | null = null; // the frame that shows a key
  readonly #due = new Set<() => void>();

  /** A key has changed the text: its frame comes next, and a pause behind that. */
  keyed(): void {
    this.#drawn ??= requestAnimationFrame(() => {
      this.#drawn = null;
      setTimeout(() => this.#begin(), 0); // behind the painting
    });
  }

  /** Call back once, in a pause if there is one within `MOST` ms. Returns what takes that back. */
  readonly inPause = (callback: () => void): (() => void) => {
    const once = () => {
      cancel();
      callback();
    };
    let timer = setTimeout(() => {
      this.#due.add(once);
      timer = setTimeout(once, MOST - LEAST);
    }, LEAST);
    const cancel = () => {
      clearTimeout(timer);
      this.#due.delete(once);
    };
    return cancel;
  };

  #begin(): void {
    for (const callback of [...this.#due]) callback();
  }
}
