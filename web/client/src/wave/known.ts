/** Waiting until the server knows a wavelet: one that was begun here is nobody's until its first edit is acknowledged. */
import { ReplicaEnded, type WaveletReplica } from "../sync";

/** Resolves when the server has the wavelet, which may be at once. Rejects with ReplicaEnded when it refuses it. */
export function known(replica: WaveletReplica): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = replica.subscribe((event) => {
      if (event.kind === "ended") settle(() => reject(new ReplicaEnded(replica.name, event.code)));
      else if (replica.version > 0) settle(resolve);
    });
    const settle = (then: () => void): void => {
      stop();
      then();
    };
    if (replica.version > 0) settle(resolve);
    else if (replica.ended) settle(() => reject(new ReplicaEnded(replica.name, "forbidden")));
  });
}
