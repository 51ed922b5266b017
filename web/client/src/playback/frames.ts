/** A history cut into frames, short stretches of it that are fetched and replayed as one. Pure. */
import type { TimelinePoint } from "../history/timeline";

/** From after version `from` to `to`; both are versions that deltas led to, or 0. */
export interface Frame {
  readonly from: number;
  readonly to: number;
}

/** Operations in a frame at least, but for the last: what is replayed at one go is some hundreds. */
const FRAME_OPERATIONS = 250;

/** The frames of a history, in order, without gap. */
export function framesOf(points: readonly TimelinePoint[], operations = FRAME_OPERATIONS): readonly Frame[] {
  const frames: Frame[] = [];
  let from = 0;
  for (const { version } of points) {
    if (version - from < operations) continue;
    frames.push({ from, to: version });
    from = version;
  }
  const end = points.at(-1)?.version ?? 0;
  if (end > from) frames.push({ from, to: end });
  return frames;
}

/** The index of the frame in which a version comes about; version 0 belongs to the first. -1 when there is none. */
export function frameAt(frames: readonly Frame[], version: number): number {
  let low = 0;
  let high = frames.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.to ?? 0) < version) low = middle + 1;
    else high = middle;
  }
  return frames.length === 0 ? -1 : low;
}

/** So many versions, spread evenly, at which frames begin: where states are kept so that any place is near one. */
export function spread(frames: readonly Frame[], count: number): readonly number[] {
  const step = Math.max(1, Math.ceil(frames.length / count));
  return frames.filter((_, index) => index > 0 && index % step === 0).map((frame) => frame.from);
}
