import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { people } from "../app/people";
import { authorsOf, type Timeline } from "../history/timeline";
import { formatDate, formatDateTime, formatNumber, formatTime, t } from "../i18n";
import { IconButton } from "../ui";
import { SPEEDS, type Speed } from "./pace";
import type { Playback } from "./playback";
import { Strip } from "./Strip";

interface ControlsProps {
  readonly playback: Playback;
}

/** The slider over the history, and the buttons that go along it. */
export function Controls({ playback }: ControlsProps): JSX.Element {
  const playing = playback.state.value === "playing";
  const toggle = (): void => (playing ? playback.pause() : playback.play());
  return (
    <div class="gs-history-controls">
      <Slider playback={playback} />
      <div class="gs-history-row">
        <Legend timeline={playback.timeline} />
        <fieldset class="gs-history-buttons" aria-label={t("history.controls")}>
          <IconButton icon="skip-previous" label={t("history.previousPerson")} onClick={() => playback.jump(-1)} />
          <IconButton
            icon="chevron-left"
            label={t("history.previousChange")}
            shortcut=","
            onClick={() => playback.step(-1)}
          />
          <IconButton
            icon={playing ? "pause" : "play"}
            variant="primary"
            label={playing ? t("history.pause") : t("history.play")}
            shortcut="P"
            onClick={toggle}
          />
          <IconButton
            icon="chevron-right"
            label={t("history.nextChange")}
            shortcut="."
            onClick={() => playback.step(1)}
          />
          <IconButton icon="skip-next" label={t("history.nextPerson")} onClick={() => playback.jump(1)} />
        </fieldset>
        <SpeedChoice playback={playback} />
      </div>
    </div>
  );
}

/** Whose the colours of the band are. */
function Legend({ timeline }: { readonly timeline: Timeline }): JSX.Element {
  const authors = useMemo(() => authorsOf(timeline), [timeline]);
  const others = authors.length - LEGEND;
  return (
    <ul class="gs-history-legend" aria-label={t("history.writers")}>
      {authors.slice(0, LEGEND).map((address) => (
        <li key={address} title={address}>
          <span class="gs-history-swatch" style={{ background: `var(--gs-person-${people.colour(address)})` }} />
          <span class="gs-truncate">{people.name(address)}</span>
        </li>
      ))}
      {others > 0 && <li>{t("history.otherWriters", { count: others })}</li>}
    </ul>
  );
}

const LEGEND = 8; // names under the band

/** A native slider over versions. Arrows go by changes, whatever a change is in versions. */
function Slider({ playback }: ControlsProps): JSX.Element {
  const { timeline } = playback;
  const press = (event: KeyboardEvent): void => {
    const direction = STEPS[event.key];
    if (direction === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    playback.pause();
    if (event.shiftKey) playback.jump(direction);
    else playback.step(direction);
  };
  return (
    <div class="gs-history-slider">
      <Strip timeline={timeline} />
      <input
        type="range"
        min={0}
        max={timeline.version}
        step={1}
        value={playback.version.value}
        aria-label={t("history.slider")}
        aria-valuetext={whereText(playback)}
        onInput={(event) => {
          playback.pause();
          playback.seek(event.currentTarget.valueAsNumber);
        }}
        onKeyDown={press}
      />
    </div>
  );
}

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** When the shown change was made, and by whom: in full for a slider's value, short for the line that shows it. */
export function whereText(playback: Playback, length: "full" | "short" = "full"): string {
  const { state, delta, exact } = playback.shown.value;
  if (!exact) return t("history.loadingState");
  if (state.version === 0) return t("history.beginning");
  const { timestamp } = state;
  const time =
    length === "full"
      ? formatDateTime(timestamp)
      : t("history.when", { date: formatDate(timestamp), time: formatTime(timestamp) });
  return delta === null ? time : t("history.where", { time, name: people.name(delta.author) });
}

function SpeedChoice({ playback }: ControlsProps): JSX.Element {
  return (
    <label class="gs-history-speed">
      <span class="gs-visually-hidden">{t("history.speed")}</span>
      <select
        value={String(playback.speed.value)}
        onChange={(event) => {
          playback.speed.value = speedOf(event.currentTarget.value);
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={String(speed)}>
            {t("history.times", { speed: formatNumber(speed) })}
          </option>
        ))}
      </select>
    </label>
  );
}

function speedOf(text: string): Speed {
  return SPEEDS.find((speed) => String(speed) === text) ?? SPEEDS[0];
}
