import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { navigate } from "../../app/router";
import { useTitle } from "../../app/title";
import { digestOf, needDigest } from "../../app/waves";
import { t } from "../../i18n";
import type { Operations, SyncClient, WaveView } from "../../sync";
import { BackButton } from "./BackButton";

/** The playback of a wave in the wave's place. Restoring a version is an edit like any other, and can be undone. */
export function HistoryColumn({ wave, client }: { readonly wave: string; readonly client: SyncClient }): JSX.Element {
  const digest = digestOf(wave);
  const wavelet = `${wave}/~/conv+root`;
  const [view, setView] = useState<WaveView | null>(null);
  useEffect(() => {
    const opened = client.open(wave);
    setView(opened);
    return () => opened.close();
  }, [wave, client]);
  useEffect(() => void needDigest(wave), [wave]);
  useTitle(digest === undefined ? "" : digest.title || t("inbox.untitled"));
  const close = (): void => navigate({ kind: "wave", wave, blip: null });
  const restore = (operations: Operations): void => {
    view?.wavelets.value.find((replica) => replica.name === wavelet)?.apply(operations);
    close();
  };
  return (
    <>
      <BackButton />
      <h1>{digest?.title}</h1>
      <button type="button" onClick={() => restore([])}>
        {t("common.back")}
      </button>
    </>
  );
}
