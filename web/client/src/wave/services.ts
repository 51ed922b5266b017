/** What an open wave asks of the server besides synchronisation. */
import { api } from "../app/api";
import { nothing } from "../app/decode";
import { attributionOf, signatures } from "../history";
import type { SyncClient } from "../sync";
import { versionTimes } from "./versionTimes";
import type { WaveServices } from "./waveModel";

/** The services of the server that this page came from. */
export function waveServices(client: SyncClient): WaveServices {
  return {
    client,
    attributionOf,
    timeOf: versionTimes().timeOf,
    signatureOf: (contribution) => signatures.of(contribution),
    sendRead: (wave, read) => {
      const path = wave.split("/").map(encodeURIComponent).join("/");
      return api.patch(`/waves/${path}/state`, { read }, nothing);
    },
  };
}
