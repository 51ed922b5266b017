/**
 * What a person does in an open wave: each is a change of the conversation, at once here, and where the focus goes.
 *
 * Taking something away is undone by the toast that tells of it.
 */
import { batch } from "@preact/signals";
import {
  type AddedTag,
  addTag,
  appendBlip,
  continueAfter,
  deleteBlip,
  hostOfNew,
  linesOf,
  MissingBlip,
  newBlipId,
  privateReply,
  randomToken,
  removeTag,
  replyTo,
  restoreBlip,
  TAGS,
  type Thread,
  waveletPath,
} from "../conversation";
import { t } from "../i18n";
import type { WaveletOperation } from "../ot";
import { toast } from "../ui";
import type { ConversationModel } from "./conversationModel";
import { nextUnread, type Place, placeKey } from "./places";
import { applyReversibly } from "./reversible";
import type { WaveModel } from "./waveModel";

/** How long a toast's undo is kept up to date, in ms; the toast is gone by then. */
const UNDO_FOR = 60_000;

/** The actions of one open wave. */
export class WaveActions {
  readonly #model: WaveModel;
  readonly #nameOf: (address: string) => string;

  constructor(model: WaveModel, nameOf: (address: string) => string) {
    this.#model = model;
    this.#nameOf = nameOf;
  }

  /** Write in a blip. Ends writing in another. */
  edit(key: string): void {
    const model = this.#model;
    if (model.editing.peek() === key) {
      model.editor.peek()?.focus();
      return;
    }
    if (model.find(key)?.conversation.writable.peek() !== true) return;
    this.endEditing();
    batch(() => {
      model.editing.value = key;
      model.current.value = key;
    });
  }

  /** Stop writing. A blip that was begun here and is still empty goes again, unless somebody replied to it. */
  endEditing(): void {
    const model = this.#model;
    const key = model.editing.peek();
    if (key === null) return;
    batch(() => {
      model.editing.value = null;
      model.editor.value = null;
    });
    const place = model.find(key);
    if (place !== undefined && model.begun.delete(key) && this.#isEmpty(place)) this.#removeQuietly(place);
  }

  /** A reply to a blip, in a thread of its own. */
  reply({ conversation, blip }: Place): void {
    const id = newBlipId();
    this.#begin(conversation, id, (manifest) => replyTo(manifest, blip.id, id));
  }

  /** A new blip right after this one, in its thread. */
  continueAfter({ conversation, blip }: Place): void {
    const id = newBlipId();
    this.#begin(conversation, id, (manifest) => continueAfter(manifest, blip.id, id));
  }

  /** A new blip at the end of a thread. */
  append(conversation: ConversationModel, thread: Thread): void {
    const id = newBlipId();
    this.#begin(conversation, id, (manifest) => appendBlip(manifest, thread, id));
  }

  /** A reply at the caret of the blip that is being written in. Says so when there is no caret. */
  replyInline({ conversation, blip }: Place): void {
    const handle = this.#model.editor.peek();
    const id = newBlipId();
    if (handle === null || this.#model.editing.peek() !== placeKey(conversation, blip.id)) {
      toast(t("wave.noCaret"));
      return;
    }
    if (handle.insertInlineReply(id) === null) {
      toast(t("wave.noCaret"));
      return;
    }
    this.#begin(conversation, id, (manifest) => replyTo(manifest, blip.id, id, { inline: true }));
  }

  /** A reply that only some see: a new wavelet of the wave. */
  replyPrivately({ conversation, blip }: Place, participants: readonly string[]): void {
    const { self, view, wave } = this.#model;
    const manifest = conversation.conversation.peek();
    if (manifest === null) return;
    const id = newBlipId();
    const name = waveletPath(wave, hostOfNew(self), `conv+${randomToken()}`);
    const operations = this.#built(() =>
      privateReply({
        author: self,
        participants,
        blip: id,
        anchorBlip: blip.id,
        parent: conversation.name,
        parentVersion: conversation.replica.version,
        conversation: manifest,
      }),
    );
    if (operations === null) return;
    this.endEditing();
    view.createWavelet(name, operations);
    const key = `${name} ${id}`;
    this.#model.begun.add(key);
    this.edit(key);
  }

  /** Delete a blip; a toast can undo it. */
  delete(place: Place): void {
    const { conversation, blip } = place;
    const manifest = conversation.conversation.peek();
    if (manifest === null) return;
    const operations = this.#built(() => deleteBlip(manifest, conversation.replica.document, blip.id));
    if (operations === null) return;
    const next = this.#neighbour(place.key);
    if (this.#model.editing.peek() === place.key) this.endEditing();
    this.#takeBack(conversation, operations, t("wave.deleted"), () => this.focus(place.key));
    if (next !== null) this.focus(next);
  }

  /** Show a blip again that is only marked as deleted, because others have replied to it. */
  restore(conversation: ConversationModel, blip: string): void {
    const manifest = conversation.conversation.peek();
    const operations = manifest === null ? null : this.#built(() => restoreBlip(manifest, blip));
    if (operations !== null && this.#apply(conversation, operations)) this.focus(placeKey(conversation, blip));
  }

  /** Let somebody in. They see the whole wavelet, also what was written before. */
  addParticipant(conversation: ConversationModel, address: string): void {
    this.#apply(conversation, [{ add: address }]);
    toast(t("wave.participantAdded", { name: this.#nameOf(address) }));
  }

  /** Remove somebody; a toast can undo it. Removing oneself leaves the wavelet, and cannot be undone. */
  removeParticipant(conversation: ConversationModel, address: string): void {
    if (address === this.#model.self) this.#apply(conversation, [{ remove: address }]);
    else {
      const told = t("wave.participantRemoved", { name: this.#nameOf(address) });
      this.#takeBack(conversation, [{ remove: address }], told, () => undefined);
    }
  }

  /** Add a tag; says why not otherwise. */
  addTag(conversation: ConversationModel, typed: string): AddedTag["kind"] {
    const added = addTag(conversation.replica.document(TAGS), typed);
    if (added.kind === "added") this.#apply(conversation, added.operations);
    return added.kind;
  }

  /** Take a tag away; a toast can undo it. */
  removeTag(conversation: ConversationModel, text: string): void {
    const operations = removeTag(conversation.replica.document(TAGS), text);
    if (operations.length > 0) {
      this.#takeBack(conversation, operations, t("wave.tagRemoved", { tag: text }), () => undefined);
    }
  }

  /** Move on to the next unread blip; the one that is left is read. Says whether there was one. */
  nextUnread(): boolean {
    const model = this.#model;
    const current = model.current.peek();
    const next = nextUnread(model.places.peek(), model.unread.peek(), current);
    if (current !== null) model.leaveBehind(current);
    if (next === undefined) return false;
    this.endEditing();
    this.focus(next.key);
    return true;
  }

  /** Move the focus by some blips in reading order. */
  move(by: 1 | -1): void {
    const places = this.#model.places.peek();
    const at = places.findIndex(({ key }) => key === this.#model.current.peek());
    const to = at < 0 ? (by > 0 ? 0 : places.length - 1) : at + by;
    const place = places[Math.max(0, Math.min(places.length - 1, to))];
    if (place !== undefined) this.focus(place.key);
  }

  /** Give a blip the focus and bring it into view, unfolding what hides it. */
  focus(key: string, block: ScrollLogicalPosition = "nearest"): void {
    const model = this.#model;
    this.#unfold(key);
    model.current.value = key;
    // After the view has followed: the blip may be new, or have been folded away.
    requestAnimationFrame(() => {
      const element = model.elements.get(key);
      element?.focus({ preventScroll: true });
      if (element !== undefined) bringIntoView(element, block);
    });
  }

  /** Fold the replies to a blip, or, where there are none, the thread that it is in; or unfold them. */
  foldAround({ conversation, blip }: Place): void {
    const model = this.#model;
    const placed = conversation.conversation.peek()?.placed.get(blip.id);
    const below = placed?.blip.threads[0];
    const thread = below ?? (placed?.parent ? placed.thread : undefined);
    if (thread === undefined) return;
    const key = threadKey(conversation, thread);
    const folding = !model.folded.peek().has(key);
    model.fold(key, folding);
    // What is folded away cannot keep the focus.
    if (folding && below === undefined && placed?.parent) this.focus(placeKey(conversation, placed.parent.id));
  }

  #unfold(key: string): void {
    const place = this.#model.find(key);
    if (place === undefined) return;
    const { conversation } = place;
    const placed = conversation.conversation.peek()?.placed;
    for (
      let at = placed?.get(place.blip.id);
      at !== undefined;
      at = at.parent ? placed?.get(at.parent.id) : undefined
    ) {
      this.#model.fold(threadKey(conversation, at.thread), false);
    }
    const anchor = conversation.conversation.peek()?.anchor;
    const outer = anchor ? this.#model.findBlip(anchor.blip) : undefined;
    if (outer !== undefined && outer.conversation !== conversation) this.#unfold(outer.key);
  }

  #begin(
    conversation: ConversationModel,
    id: string,
    build: (manifest: NonNullable<ReturnType<typeof conversation.conversation.peek>>) => readonly WaveletOperation[],
  ): void {
    const manifest = conversation.conversation.peek();
    const operations = manifest === null ? null : this.#built(() => build(manifest));
    if (operations === null || !this.#apply(conversation, operations)) return;
    const key = placeKey(conversation, id);
    this.#model.begun.add(key);
    this.#unfold(key);
    this.edit(key);
  }

  #built(build: () => readonly WaveletOperation[]): readonly WaveletOperation[] | null {
    try {
      return build();
    } catch (error) {
      if (!(error instanceof MissingBlip)) throw error;
      toast(t("wave.blipGone"));
      return null;
    }
  }

  #apply(conversation: ConversationModel, operations: readonly WaveletOperation[]): boolean {
    if (!conversation.writable.peek()) {
      toast(t(conversation.replica.ended ? "wave.endedHere" : "wave.quarantinedHere"), { kind: "error" });
      return false;
    }
    conversation.replica.apply(operations);
    return true;
  }

  #takeBack(
    conversation: ConversationModel,
    operations: readonly WaveletOperation[],
    told: string,
    undone: () => void,
  ): void {
    if (!conversation.writable.peek()) {
      toast(t(conversation.replica.ended ? "wave.endedHere" : "wave.quarantinedHere"), { kind: "error" });
      return;
    }
    const change = applyReversibly(conversation.replica, this.#model.self, operations);
    const timer = setTimeout(change.forget, UNDO_FOR);
    const run = (): void => {
      clearTimeout(timer);
      if (change.undo()) undone();
      else toast(t("wave.cannotUndo"));
    };
    toast(told, { action: { label: t("common.undo"), run } });
  }

  #isEmpty({ conversation, blip }: Place): boolean {
    const document = conversation.replica.document(blip.id);
    if (document === undefined) return false;
    const only = [...document.runs()].every(
      (run) => run.kind !== "start" || run.type === "body" || run.type === "line",
    );
    return only && linesOf(document).every((line) => line.trim() === "");
  }

  #removeQuietly({ conversation, blip, key }: Place): void {
    const manifest = conversation.conversation.peek();
    const placed = manifest?.placed.get(blip.id);
    if (manifest === null || placed === undefined || !conversation.writable.peek()) return;
    const first = placed.parent === null && placed.thread.blips.length === 1;
    if (placed.blip.threads.length > 0 || (first && conversation === this.#model.root.peek())) return;
    const next = placed.parent === null ? this.#neighbour(key) : placeKey(conversation, placed.parent.id);
    const deletion = deleteBlip(manifest, conversation.replica.document, blip.id);
    this.#apply(conversation, first ? [...deletion, ...this.#everybodyLeaves(conversation)] : deletion);
    if (next !== null) this.focus(next);
  }

  /** A private reply that was never written in need not be in anybody's way. Oneself leaves last. */
  #everybodyLeaves(conversation: ConversationModel): readonly WaveletOperation[] {
    const others = conversation.participants.peek().filter((address) => address !== this.#model.self);
    return [...others, this.#model.self].map((remove) => ({ remove }));
  }

  /** The place that is read before this one, else the one after it; null when it is the only one. */
  #neighbour(key: string): string | null {
    const places = this.#model.places.peek();
    const at = places.findIndex((place) => place.key === key);
    return (places[at - 1] ?? places[at + 1])?.key ?? null;
  }
}

/** What names a thread within all wavelets of a wave. A thread is known by its first blip: its id may be missing. */
export function threadKey(conversation: ConversationModel, thread: Thread): string {
  return `${conversation.replica.name} thread ${thread.blips[0]?.id ?? thread.id}`;
}

/** In how many frames what is brought into view must have come to rest. */
const SETTLING_FRAMES = 12;

/**
 * Scroll to an element. What is above it may get its height only when it comes near, and push it away:
 * so look again in the next frames, until it rests.
 */
function bringIntoView(element: HTMLElement, block: ScrollLogicalPosition, frames = SETTLING_FRAMES): void {
  // In the middle of something longer than the screen, nobody would know where they are.
  const long = block === "center" && element.offsetHeight > window.innerHeight / 2;
  element.scrollIntoView({ block: long ? "start" : block });
  const rest = element.getBoundingClientRect().top;
  requestAnimationFrame(() => {
    const moved = Math.abs(element.getBoundingClientRect().top - rest) > 1;
    if (moved && frames > 0) bringIntoView(element, block, frames - 1);
  });
}
