import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useTitle } from "../../app/title";
import { digestOf, needDigest } from "../../app/waves";
import { t } from "../../i18n";
import type { SyncClient } from "../../sync";
import { WavePane } from "../../wave";
import { useWaveListShortcuts } from "../inbox/waveShortcuts";
import { BackButton } from "./BackButton";

export interface WaveColumnProps {
  readonly wave: string;
  readonly blip: string | null;
  readonly client: SyncClient;
}

/** An open wave beside the list, or in its place on a phone. */
export function WaveColumn({ wave, blip, client }: WaveColumnProps): JSX.Element {
  const digest = digestOf(wave);
  useEffect(() => void needDigest(wave), [wave]);
  useTitle(digest === undefined ? "" : digest.title || t("inbox.untitled"));
  useWaveListShortcuts(wave);
  return (
    <>
      <BackButton />
      <WavePane wave={wave} blip={blip} client={client} />
    </>
  );
}
