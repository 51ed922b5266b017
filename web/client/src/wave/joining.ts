/**
 * Writing into a wavelet that one sees only because everybody of one's domain may.
 *
 * Such a person becomes a participant by the first operation of what they write: CONVERSATION.md, "Identifiers".
 */
import type { WaveletOperation } from "../ot";
import type { WaveletReplica } from "../sync";

/** The operations, after the one that adds `self` when they do not take part yet. */
function joinedBy(
  participants: readonly string[],
  self: string,
  operations: readonly WaveletOperation[],
): readonly WaveletOperation[] {
  return participants.includes(self) ? operations : [{ add: self }, ...operations];
}

/** The same replica, whose edits add `self` first where that is needed. For the editor, which knows nothing of it. */
export function joining(replica: WaveletReplica, self: string): WaveletReplica {
  return {
    get name() {
      return replica.name;
    },
    get version() {
      return replica.version;
    },
    get ended() {
      return replica.ended;
    },
    get participants() {
      return replica.participants;
    },
    get documentIds() {
      return replica.documentIds;
    },
    document: (id) => replica.document(id),
    apply: (operations) => replica.apply(joinedBy(replica.participants, self, operations)),
    subscribe: (listener) => replica.subscribe(listener),
    unsaved: replica.unsaved,
    troubles: replica.troubles,
  };
}
