/** A history made by operations, and a source that answers from it. For tests. */

import { BEGINNING, type HistoryDelta, type HistorySource, type HistoryState } from "../history/source";
import type { Timeline } from "../history/timeline";
import type { WaveletOperation } from "../ot";
import { replayed } from "./replay";

/** Deltas of one author each, and every state that they led to, the beginning first. */
export interface MadeHistory {
  readonly deltas: readonly HistoryDelta[];
  readonly states: readonly HistoryState[];
}

/** The history of these deltas, a second apart. */
export function madeHistory(
  made: readonly { readonly author: string; readonly operations: readonly WaveletOperation[] }[],
): MadeHistory {
  const deltas: HistoryDelta[] = [];
  const states: HistoryState[] = [BEGINNING];
  for (const { author, operations } of made) {
    const before = states.at(-1) ?? BEGINNING;
    const at = before.version;
    const delta = { at, version: at + operations.length, author, timestamp: 1_000 * (deltas.length + 1), operations };
    deltas.push(delta);
    states.push(replayed(before, [delta]));
  }
  return { deltas, states };
}

/** The timeline in which every `every`-th delta is a point, and the last. */
export function timelineOf(history: MadeHistory, every = 1): Timeline {
  const points = history.deltas
    .filter((_, index) => (index + 1) % every === 0 || index === history.deltas.length - 1)
    .map(({ version, timestamp, author }) => ({ version, timestamp, author }));
  return { version: points.at(-1)?.version ?? 0, created: points[0]?.timestamp ?? 0, points };
}

/** Answers at once, and counts what it is asked. */
export class MadeSource implements HistorySource {
  readonly asked: string[] = [];
  /** Thrown instead of the next answers, while there is one. */
  failure: Error | null = null;

  constructor(
    readonly history: MadeHistory,
    readonly every = 1,
  ) {}

  async timeline(): Promise<Timeline> {
    return timelineOf(this.history, this.every);
  }

  async state(version: number): Promise<HistoryState> {
    this.#note(`state ${version}`);
    const found = this.history.states.find((state) => state.version === version);
    if (found === undefined) throw new Error(`no delta led to version ${version}`);
    return found;
  }

  async deltas(from: number, to: number): Promise<readonly HistoryDelta[]> {
    this.#note(`deltas ${from} ${to}`);
    return this.history.deltas.filter((delta) => delta.at >= from && delta.version <= to);
  }

  #note(what: string): void {
    if (this.failure !== null) throw this.failure;
    this.asked.push(what);
  }
}

/** What a state says, for comparing. */
export function told(state: HistoryState): unknown {
  const documents = [...state.documents].map(([id, document]) => [id, document.toOp()] as const);
  return {
    version: state.version,
    timestamp: state.timestamp,
    participants: state.participants,
    documents: documents.sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}
