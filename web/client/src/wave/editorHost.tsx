import { computed } from "@preact/signals";
import { render } from "preact";
import { uploadAttachment } from "../app/attachments";
import type { EditorHost } from "../editor";
import type { Anchor } from "../ui";
import { threadKey } from "./actions";
import { type OpenWave, WaveContext } from "./context";
import { known } from "./known";
import { blipsInThread, type Place } from "./places";

/** How much room a line of text has about the pointer, in px. */
const LINE = 20;

/** The place of a pointer, for what appears below it. */
function pointOn({ x, y }: { readonly x: number; readonly y: number }): Anchor {
  const place = new DOMRect(x, y - LINE / 2, 1, LINE);
  return { getBoundingClientRect: () => place };
}

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
    pointAt: (at) => {
      if (at === null) model.pointing.leave();
      else model.pointing.rest({ anchor: pointOn(at), contributions: [{ wavelet: replica.name, ...at }] });
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
