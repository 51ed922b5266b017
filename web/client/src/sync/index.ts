/** Waves that stay in step with the server: local first, offline too, nothing lost and nothing doubled. */

export { createSyncClient, type SyncOptions } from "./client";
export { explainDraft } from "./drafts";
export { OutOfStep, ReplicaEnded } from "./errors";
export { forgetCopies } from "./offlineStore";
export { describeSaveState } from "./saveState";
export { registerServiceWorker } from "./serviceWorker";
export type {
  ConnectionState,
  DigestChange,
  Draft,
  Operations,
  Origin,
  RemoteCursor,
  ReplicaEvent,
  SaveState,
  StorageState,
  SyncClient,
  Trouble,
  WaveletReplica,
  WaveState,
  WaveView,
} from "./types";
