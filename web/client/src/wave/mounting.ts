/**
 * When the content of blips is made: the first ones at once, one that comes near when it does, and all others
 * while the browser has nothing else to do, so that searching in the page finds them.
 */

import { codePoints } from "../ot";
import type { Place } from "./places";

/** How many blips are filled with the first frame: more than fit on a screen. */
const AT_ONCE = 12;
/** How many are filled in one idle moment. */
const PER_SLICE = 8;

/** The order of filling, for one open wave. */
export class MountQueue {
  readonly #waiting = new Set<() => void>();
  readonly #whenIdle: (run: () => void) => void;
  #left = AT_ONCE;
  #asked = false;

  constructor(whenIdle: (run: () => void) => void = browserIdle) {
    this.#whenIdle = whenIdle;
  }

  /** Whether the blip that asks is one of those to fill at once. */
  takeFirst(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }

  /** Fill later. Returns what takes it back, also after it was done. */
  later(fill: () => void): () => void {
    this.#waiting.add(fill);
    this.#ask();
    return () => this.#waiting.delete(fill);
  }

  #ask(): void {
    if (this.#asked || this.#waiting.size === 0) return;
    this.#asked = true;
    this.#whenIdle(() => {
      this.#asked = false;
      for (const fill of [...this.#waiting].slice(0, PER_SLICE)) {
        this.#waiting.delete(fill);
        fill();
      }
      this.#ask();
    });
  }
}

function browserIdle(run: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(run, { timeout: 2_000 });
  else setTimeout(run, 50);
}

const CHARACTERS_PER_LINE = 80;
const LINE_HEIGHT = 26; // px

/** The height that a blip's text will have, about, in px: so that little moves when it is filled in. */
export function estimatedHeight({ conversation, blip }: Place): number {
  let lines = 0;
  for (const run of conversation.replica.document(blip.id)?.runs() ?? []) {
    if (run.kind === "start" && run.type === "line") lines += 1;
    else if (run.kind === "text") lines += Math.floor(codePoints(run.text) / CHARACTERS_PER_LINE);
  }
  return Math.max(1, lines) * LINE_HEIGHT;
}
