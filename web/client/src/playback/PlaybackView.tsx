import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { explain } from "../app/api";
import { useShortcuts } from "../app/shortcuts";
import { type HistorySource, historySource } from "../history/source";
import type { Timeline } from "../history/timeline";
import { t } from "../i18n";
import type { WaveletOperation } from "../ot";
import { Button, EmptyState, IconButton, Spinner } from "../ui";
import { Controls, whereText } from "./Controls";
import { PastWave } from "./PastWave";
import { Playback, type Ticker } from "./playback";
import { RestoreDialog } from "./RestoreDialog";
import { type Documents, restoring } from "./restore";
import "./playback.css";

export interface PlaybackViewProps {
  /** "domain/id". */
  readonly wave: string;
  /** The wavelet's path. */
  readonly wavelet: string;
  /** Back to now. */
  readonly onClose: () => void;
  /** Apply these operations, made for the documents that `current` gave, as a new change. */
  readonly onRestore: (operations: readonly WaveletOperation[]) => void;
  /** The wavelet's documents as they are now; null while they are not known. */
  readonly current: () => Documents | null;
  /** Where the past comes from, if not from the server. */
  readonly source?: HistorySource;
}

type Opening =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "ready"; readonly timeline: Timeline };

/** A wavelet's history, to move along and to go back to. */
export function PlaybackView(props: PlaybackViewProps): JSX.Element {
  const source = useMemo(() => props.source ?? historySource(props.wavelet), [props.source, props.wavelet]);
  const [opening, setOpening] = useState<Opening>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    setOpening({ kind: "loading" });
    source.timeline().then(
      (timeline) => current && setOpening({ kind: "ready", timeline }),
      (error: unknown) => current && setOpening({ kind: "failed", error }),
    );
    return () => {
      current = false;
    };
  }, [source, attempt]);
  useShortcuts(
    () => [{ keys: "Escape", scope: "history", label: () => t("history.backToNow"), run: props.onClose }],
    [props.onClose],
  );
  switch (opening.kind) {
    case "ready":
      return <Player key={props.wavelet} {...props} source={source} timeline={opening.timeline} />;
    case "loading":
      return (
        <section class="gs-history" aria-label={t("history.title")} aria-busy="true">
          <Header onClose={props.onClose} />
          <div class="gs-history-waiting">
            <Spinner size={24} label={t("common.loading")} />
          </div>
        </section>
      );
    case "failed":
      return (
        <section class="gs-history" aria-label={t("history.title")}>
          <Header onClose={props.onClose} />
          <EmptyState
            icon="history"
            title={t("history.failedTitle")}
            action={<Button onClick={() => setAttempt(attempt + 1)}>{t("common.retry")}</Button>}
          >
            <p role="alert">{explain(opening.error)}</p>
          </EmptyState>
        </section>
      );
  }
}

interface PlayerProps extends PlaybackViewProps {
  readonly source: HistorySource;
  readonly timeline: Timeline;
}

function Player({ source, timeline, current, onClose, onRestore }: PlayerProps): JSX.Element {
  const playback = useMemo(() => new Playback(source, timeline, everyFrame), [source, timeline]);
  useEffect(() => () => playback.dispose(), [playback]);
  usePlaybackKeys(playback);
  const [asking, setAsking] = useState(false);
  const shown = playback.shown.value;
  const restore = (): void => {
    const documents = current();
    setAsking(false);
    if (documents !== null) onRestore(restoring(documents, shown.state.documents));
  };
  return (
    <section class="gs-history" aria-label={t("history.title")}>
      <Header onClose={onClose} where={<Where playback={playback} />}>
        <Button
          size="small"
          icon="undo"
          disabled={playback.atEnd.value || !shown.exact || current() === null}
          onClick={() => {
            playback.pause();
            setAsking(true);
          }}
        >
          {t("history.restore")}
        </Button>
      </Header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="gs-history-scroll" aria-busy={!shown.exact} tabIndex={0} aria-label={t("history.past")}>
        <div class={shown.exact ? "gs-history-text" : "gs-history-text gs-history-stale"}>
          <PastWave shown={shown} />
        </div>
      </section>
      <Controls playback={playback} />
      {asking && (
        <RestoreDialog timestamp={shown.state.timestamp} onRestore={restore} onClose={() => setAsking(false)} />
      )}
    </section>
  );
}

/** Which change is shown; a quiet mark while it is fetched. Read out when it stands still, not while it plays. */
function Where({ playback }: { readonly playback: Playback }): JSX.Element {
  const failure = playback.failure.value;
  const playing = playback.state.value === "playing";
  if (failure !== null)
    return (
      <p class="gs-history-where" role="alert">
        {explain(failure)}
      </p>
    );
  return (
    <p class="gs-history-where gs-tabular" aria-live={playing ? "off" : "polite"}>
      {!playback.shown.value.exact && <Spinner size={16} />}
      <span class="gs-truncate">{whereText(playback, "short")}</span>
    </p>
  );
}

interface HeaderProps {
  readonly onClose: () => void;
  readonly where?: JSX.Element;
  readonly children?: JSX.Element;
}

function Header({ onClose, where, children }: HeaderProps): JSX.Element {
  return (
    <header class="gs-history-header">
      <IconButton icon="close" label={t("history.backToNow")} shortcut="Esc" onClick={onClose} />
      <div class="gs-history-heading">
        <h1>{t("history.title")}</h1>
        {where}
      </div>
      {children}
    </header>
  );
}

function usePlaybackKeys(playback: Playback): void {
  useShortcuts(
    () => [
      {
        keys: "p",
        scope: "history",
        label: () => t("history.playPause"),
        run: () => (playback.state.peek() === "playing" ? playback.pause() : playback.play()),
      },
      { keys: ",", scope: "history", label: () => t("history.previousChange"), run: () => playback.step(-1) },
      { keys: ".", scope: "history", label: () => t("history.nextChange"), run: () => playback.step(1) },
      { keys: "shift+n", scope: "history", label: () => t("history.previousPerson"), run: () => playback.jump(-1) },
      { keys: "n", scope: "history", label: () => t("history.nextPerson"), run: () => playback.jump(1) },
    ],
    [playback],
  );
}

/** Ticks with the screen. */
const everyFrame: Ticker = (tick) => {
  let last = performance.now();
  let handle = requestAnimationFrame(function next(now: number): void {
    handle = requestAnimationFrame(next);
    tick(Math.max(0, now - last));
    last = now;
  });
  return () => cancelAnimationFrame(handle);
};
