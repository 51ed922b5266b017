/**
 * When versions came to be that are older than this visit, from the wavelet's timeline.
 *
 * The timeline is fetched once per wavelet, when a time is first asked for. It has some thousand points of any
 * history, so in a long one a time may be that of a change shortly after.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { historySource, type TimelinePoint } from "../history";
import type { WaveletReplica } from "../sync";

type Points = readonly Pick<TimelinePoint, "version" | "timestamp">[];

/** The times of wavelets' versions. `timeOf` reads a signal: what was computed with it is computed anew on arrival. */
export function versionTimes(fetchPoints: (wavelet: string) => Promise<Points> = fetched): {
  readonly timeOf: (replica: WaveletReplica, version: number) => number | null;
} {
  const timelines = new Map<string, ReadonlySignal<Points>>();
  const timelineOf = (wavelet: string): ReadonlySignal<Points> => {
    const found = timelines.get(wavelet);
    if (found !== undefined) return found;
    const made = signal<Points>([]);
    timelines.set(wavelet, made);
    const take = (points: Points): void => {
      made.value = points;
    };
    // Without it, blips show no time: nothing else is lost, and the next visit asks again.
    fetchPoints(wavelet).then(take, () => take([]));
    return made;
  };
  return { timeOf: (replica, version) => timeAt(timelineOf(replica.name).value, version) };
}

/** The time of the first point at or after the version, in ms since 1970; null when there is none. */
export function timeAt(points: Points, version: number): number | null {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.version ?? 0) < version) low = middle + 1;
    else high = middle;
  }
  return points[low]?.timestamp ?? null;
}

async function fetched(wavelet: string): Promise<Points> {
  return (await historySource(wavelet).timeline()).points;
}
