/** One state after another: what a delta makes of a wavelet. Pure. */

import { type ItemRange, insertedBy } from "../history/changes";
import { advanced, wholly } from "../history/runs";
import type { HistoryDelta, HistoryState } from "../history/source";
import { WaveDocument } from "../ot";

/** The state after deltas that follow it. The state itself stays. Throws InvalidOperation when one does not fit. */
export function replayed(state: HistoryState, deltas: readonly HistoryDelta[]): HistoryState {
  if (deltas.length === 0) return state;
  const documents = new Map(state.documents);
  const own = new Set<string>(); // documents that are copies already
  let { participants, version, timestamp } = state;
  for (const delta of deltas) {
    for (const operation of delta.operations) {
      if ("doc" in operation) {
        if (!own.has(operation.doc))
          documents.set(operation.doc, documents.get(operation.doc)?.clone() ?? WaveDocument.empty());
        own.add(operation.doc);
        documents.get(operation.doc)?.apply(operation.op);
      } else if ("add" in operation) participants = [...participants, operation.add];
      else if ("remove" in operation) participants = participants.filter((address) => address !== operation.remove);
    }
    version = delta.version;
    timestamp = delta.timestamp;
  }
  for (const id of own) if (documents.get(id)?.size === 0) documents.delete(id);
  return { version, timestamp, participants, documents };
}

/** Where a delta wrote: by document, the items that it inserted as they stand after it. None for pure deletions. */
export function writtenBy(before: HistoryState, delta: HistoryDelta): ReadonlyMap<string, readonly ItemRange[]> {
  const sizes = new Map<string, ReturnType<typeof wholly>>();
  const kept = { author: "", version: -1 };
  const by = { author: delta.author, version: delta.version };
  for (const operation of delta.operations) {
    if (!("doc" in operation)) continue;
    const runs = sizes.get(operation.doc) ?? wholly(before.documents.get(operation.doc)?.size ?? 0, kept);
    sizes.set(operation.doc, advanced(runs, operation.op, by));
  }
  return new Map([...sizes].map(([id, runs]) => [id, insertedBy(runs, delta.version)]));
}
