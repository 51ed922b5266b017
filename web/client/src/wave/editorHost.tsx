import { computed } from "@preact/signals";
import { render } from "preact";
import { uploadAttachment } from "../app/attachments";
import type { EditorHost } from "../editor";
import { threadKey } from "./actions";
import { type OpenWave, WaveContext } from "./context";
import { known } from "./known";
import { blipsInThread, type Place } from "./places";

/** What the editor of a blip gets from the wave that it is in. */
export function editorHost(wave: OpenWave, place: Place): EditorHost {
  const { model, people } = wave;
  const { conversation, blip, key } = place;
  const { replica } = conversation;
  const threads = () => conversation.conversation.value?.placed.get(blip.id)?.blip.threads ?? [];
  const threadOf = (id: string) => threads().find((thread) => thread.id === id);
  return {
    replica,
    documentId: blip.id,
    self: model.self,
    placeCursor: (anchor, head) => model.view.placeCursor(replica.name, blip.id, anchor, head),
    cursors: model.cursorsIn(key),
    attribution: blip.attribution,
    showAuthors: model.showAuthors,
    unreadSince: computed(() => model.since(key).value),
    people,
    uploadImage: async (file, progress) => {
      await known(replica);
      return uploadAttachment(replica.name, file, progress);
    },
    openReply: (id) => {
      const thread = threadOf(id);
      if (thread === undefined) return;
      const folding = threadKey(conversation, thread);
      model.fold(folding, !model.folded.peek().has(folding));
    },
    replyCount: (id) => {
      const thread = threadOf(id);
      return thread === undefined ? 0 : blipsInThread(thread);
    },
    renderReply: (id, container) => {
      render(<WaveContext.Provider value={wave}>{wave.inlineReplies(place, id)}</WaveContext.Provider>, container);
      return () => render(null, container);
    },
  };
}
