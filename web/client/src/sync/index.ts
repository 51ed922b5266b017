/** Waves that stay in step with the server: local first, offline too, nothing lost and nothing doubled. */

export { explainDraft } from "./drafts";
export { OutOfStep, ReplicaEnded } from "./errors";
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
  WaveletReplica,
  WaveState,
  WaveView,
} from "./types";
