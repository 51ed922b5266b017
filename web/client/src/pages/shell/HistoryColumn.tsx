import type { JSX } from "preact";
import { useCallback, useEffect } from "preact/hooks";
import { navigate } from "../../app/router";
import { useTitle } from "../../app/title";
import { digestOf, needDigest } from "../../app/waves";
import { t } from "../../i18n";
import { WaveHistory } from "../../playback/WaveHistory";
import type { SyncClient } from "../../sync";

/** A wave's playback in the wave's place. */
export function HistoryColumn({ wave, client }: { readonly wave: string; readonly client: SyncClient }): JSX.Element {
  const digest = digestOf(wave);
  useEffect(() => void needDigest(wave), [wave]);
  useTitle(digest === undefined ? "" : digest.title || t("inbox.untitled"));
  const close = useCallback(() => navigate({ kind: "wave", wave, blip: null }), [wave]);
  return <WaveHistory wave={wave} client={client} onClose={close} />;
}
