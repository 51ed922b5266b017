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
  #held = false; // asked for, and not only come upon

  /** What is told now. */
  get shown(): ReadonlySignal<PointedAt | null> {
    return this.#shown;
  }

  /** A mouse has come onto this. */
  rest(at: PointedAt): void {
    this.leave();
    this.#timer = setTimeout(() => this.#show(at, false), REST);
  }

  /** The mouse has left it: what was asked for stays. */
  leave(): void {
    clearTimeout(this.#timer);
    if (!this.#held) this.#shown.value = null;
  }

  /** Somebody asks for this. */
  show(at: PointedAt): void {
    this.#show(at, true);
  }

  /** They look elsewhere. */
  hide(): void {
    clearTimeout(this.#timer);
    this.#held = false;
    this.#shown.value = null;
  }

  #show(at: PointedAt, held: boolean): void {
    clearTimeout(this.#timer);
    const something = at.contributions.length > 0;
    this.#held = held && something;
    this.#shown.value = something ? at : null;
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
