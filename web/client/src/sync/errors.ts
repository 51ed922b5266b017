/** What synchronisation throws. */

/** The server's messages leave a gap, or contradict what is known: connect again, or start from a snapshot. */
export class OutOfStep extends Error {
  override readonly name = "OutOfStep";
}

/** A message of the server's that does not have the shape that the protocol gives it. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** An edit of a wavelet that can no longer be edited; `code` says why, in the protocol's words. */
export class ReplicaEnded extends Error {
  override readonly name = "ReplicaEnded";

  constructor(
    wavelet: string,
    readonly code: string,
  ) {
    super(`${wavelet} can no longer be edited (${code}): copy the text and close the wave`);
  }
}
