import type { WaveDocument } from "../ot";

/** The ids of the threads that have a `reply` element in the text. */
export function replyAnchors(document: WaveDocument | undefined): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const run of document?.runs() ?? []) {
    if (run.kind === "start" && run.type === "reply" && run.attributes.id) ids.add(run.attributes.id);
  }
  return ids;
}
