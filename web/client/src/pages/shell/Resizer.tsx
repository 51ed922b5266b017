import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changePreferences, LIST_WIDTH, preferences } from "../../app/preferences";
import { t } from "../../i18n";

const STEP = 16; // px for each press of an arrow

/** The line between list and wave: drag it, or move it with the arrow keys. The width is remembered. */
export function Resizer(): JSX.Element {
  const [start, setStart] = useState<{ readonly x: number; readonly width: number } | null>(null);
  const width = preferences.value.listWidth;
  const set = (wanted: number): void =>
    changePreferences({ listWidth: Math.round(Math.max(LIST_WIDTH.least, Math.min(wanted, LIST_WIDTH.most))) });
  const press = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: width - STEP, ArrowRight: width + STEP, Home: LIST_WIDTH.least, End: LIST_WIDTH.most }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be moved; this is ARIA's window splitter
    <div
      class={`gs-resizer${start === null ? "" : " gs-resizer-active"}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={t("inbox.resize")}
      aria-valuenow={width}
      aria-valuemin={LIST_WIDTH.least}
      aria-valuemax={LIST_WIDTH.most}
      tabIndex={0}
      onKeyDown={press}
      onDblClick={() => set(LIST_WIDTH.usual)}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setStart({ x: event.clientX, width });
      }}
      onPointerMove={(event) => start !== null && set(start.width + event.clientX - start.x)}
      onPointerUp={() => setStart(null)}
      onPointerCancel={() => setStart(null)}
    />
  );
}
