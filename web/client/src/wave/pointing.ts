/** Which contributions somebody points at, to be told who signed them: after a moment's rest of the mouse, or at once. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Contribution } from "../history";
import type { Anchor } from "../ui";
import type { Place } from "./places";

/** How long a mouse rests on something until it is told, in ms. */
export const REST = 450;

/** What is pointed at, and where that is told. */
export interface PointedAt {
  readonly anchor: Anchor;
  /** At least one, or there is nothing to tell. */
  readonly contributions: readonly Contribution[];
}

/** One thing at a time. */
export class Pointing {
  readonly #shown: Signal<PointedAt | null> = signal(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What is told now. */
  get shown(): ReadonlySignal<PointedAt | null> {
    return this.#shown;
  }

  /** A mouse has come onto this. */
  rest(at: PointedAt): void {
    this.leave();
    this.#timer = setTimeout(() => this.show(at), REST);
  }

  /** Somebody wants to know this. */
  show(at: PointedAt): void {
    clearTimeout(this.#timer);
    this.#shown.value = at.contributions.length > 0 ? at : null;
  }

  /** Nothing is pointed at any more. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#shown.value = null;
  }
}

/** What each author has in a blip, as of their last version in it; authors in the order of the text. */
export function contributionsTo({ conversation, blip }: Place): readonly Contribution[] {
  const latest = new Map<string, number>();
  for (const { author, version } of blip.attribution.peek() ?? []) {
    latest.set(author, Math.max(latest.get(author) ?? 0, version));
  }
  return [...latest].map(([author, version]) => ({ wavelet: conversation.replica.name, author, version }));
}
