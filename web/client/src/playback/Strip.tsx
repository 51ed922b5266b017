import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { people } from "../app/people";
import { stretches, type Timeline } from "../history/timeline";

/** Who wrote when: the history as a band of the writers' colours. The slider, which lies on it, says the same in words. */
export function Strip({ timeline }: { readonly timeline: Timeline }): JSX.Element {
  const parts = useMemo(() => stretches(timeline.points), [timeline]);
  return (
    <svg
      class="gs-history-strip"
      viewBox={`0 0 ${Math.max(1, timeline.version)} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {parts.map((part) => (
        <rect
          key={part.from}
          style={{ fill: `var(--gs-person-${people.colour(part.author)})` }}
          x={part.from}
          y={0}
          width={part.to - part.from}
          height={1}
        />
      ))}
    </svg>
  );
}
