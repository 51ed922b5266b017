/** Where blips are in an open wave: the order in which they are read, over all its conversations. */
import type { Blip, Thread } from "../conversation";
import type { BlipModel, ConversationModel } from "./conversationModel";

/** A blip in its conversation. */
export interface Place {
  readonly key: string;
  readonly conversation: ConversationModel;
  readonly blip: BlipModel;
}

/** What names a blip, or a thread, within all wavelets of a wave. */
export function placeKey(conversation: ConversationModel, id: string): string {
  return `${conversation.replica.name} ${id}`;
}

/**
 * All visible blips in reading order: a blip, its replies, the private replies to it, the next one.
 * Private replies whose anchor cannot be seen (any more) come last. Reads signals, so use it in `computed`.
 */
export function placesOf(root: ConversationModel | null, all: readonly ConversationModel[]): readonly Place[] {
  const rest = new Set(all);
  const places: Place[] = [];
  const visitAll = (conversation: ConversationModel): void => {
    if (!rest.delete(conversation)) return;
    for (const blip of conversation.conversation.value?.root.blips ?? []) visit(conversation, blip);
  };
  const visit = (conversation: ConversationModel, blip: Blip): void => {
    if (!blip.deleted) {
      places.push({ key: placeKey(conversation, blip.id), conversation, blip: conversation.blip(blip.id) });
    }
    for (const thread of blip.threads) for (const reply of thread.blips) visit(conversation, reply);
    for (const reply of all) if (isAnchored(reply, conversation, blip.id)) visitAll(reply);
  };
  if (root !== null) visitAll(root);
  for (const conversation of all) visitAll(conversation);
  return places;
}

/** Whether the conversation is a private reply to this blip of the other one. */
export function isAnchored(reply: ConversationModel, to: ConversationModel, blip: string): boolean {
  const anchor = reply.conversation.value?.anchor;
  if (!anchor || reply === to) return false;
  return anchor.blip === blip && anchor.wavelet === to.name.id && anchor.domain === to.name.domain;
}

/** Conversations that belong nowhere in those that are shown: their anchor is gone, or not for this person. */
export function unanchored(
  root: ConversationModel | null,
  all: readonly ConversationModel[],
): readonly ConversationModel[] {
  return all.filter((reply) => {
    if (reply === root) return false;
    return !all.some((other) => {
      const blip = reply.conversation.value?.anchor?.blip ?? "";
      return isAnchored(reply, other, blip) && other.conversation.value?.placed.has(blip) === true;
    });
  });
}

/** How many unread blips a thread holds, at any depth. */
export function unreadInThread(conversation: ConversationModel, thread: Thread): number {
  return thread.blips.reduce((sum, blip) => {
    const own = !blip.deleted && conversation.blip(blip.id).unread.value ? 1 : 0;
    return sum + own + blip.threads.reduce((below, reply) => below + unreadInThread(conversation, reply), 0);
  }, 0);
}

/** How many visible blips a thread holds, at any depth. */
export function blipsInThread(thread: Thread): number {
  return thread.blips.reduce(
    (sum, blip) =>
      sum + (blip.deleted ? 0 : 1) + blip.threads.reduce((below, reply) => below + blipsInThread(reply), 0),
    0,
  );
}

/** The unread place to go to from `current`: the next one in reading order, else the first. */
export function nextUnread(
  places: readonly Place[],
  unread: readonly Place[],
  current: string | null,
): Place | undefined {
  const others = unread.filter(({ key }) => key !== current);
  const from = places.findIndex(({ key }) => key === current);
  return others.find((place) => places.indexOf(place) > from) ?? others[0];
}
