/**
 * The operations that make and change conversations. They are built from what the manifest says now.
 *
 * Each builder returns what `WaveletReplica.apply` takes; nothing here touches a replica. A blip that the
 * caller names and that the manifest does not hold (any more) raises MissingBlip, and nothing has changed.
 *
 * Source: CONVERSATION.md, "The manifest".
 */
import { type Attributes, type DocOp, invert, type WaveDocument, type WaveletOperation } from "../ot";
import { type Blip, type Conversation, isVisible, MANIFEST, type Placed, type Thread } from "./manifest";
import { domainOf, type WaveletParts } from "./names";
import { deleteItems, element, insertAt, setAttribute } from "./splicing";
import { blipDocument } from "./text";

/** The blip is not in the manifest any more: somebody deleted it. */
export class MissingBlip extends Error {
  constructor(readonly blip: string) {
    super(`the conversation has no blip ${blip}`);
  }
}

/** Looks a document up in the wavelet, as `WaveletReplica.document` does. */
export type Documents = (id: string) => WaveDocument | undefined;

/** A new wavelet: its author, a manifest with one blip, and that blip with one empty line (or `text`). */
export function newConversation(author: string, blip: string, text = ""): readonly WaveletOperation[] {
  return [{ add: author }, { doc: MANIFEST, op: element("conversation", {}, blipElement(blip)) }, content(blip, text)];
}

/** What a private reply begins with. */
export interface PrivateReply {
  readonly author: string;
  /** Who shall see it besides its author. */
  readonly participants: readonly string[];
  /** The new wavelet's first blip. */
  readonly blip: string;
  /** The blip that is replied to, in the wavelet that the reply is anchored in. */
  readonly anchorBlip: string;
  readonly parent: WaveletParts;
  readonly parentVersion: number;
  readonly conversation: Conversation;
}

/** A private reply: another wavelet of the wave, anchored at a blip that its readers can see. */
export function privateReply(reply: PrivateReply): readonly WaveletOperation[] {
  const anchor: Attributes = {
    anchorWavelet: `${reply.parent.domain}!${reply.parent.id}`,
    anchorBlip: reply.anchorBlip,
    anchorManifestOffset: String(find(reply.conversation, reply.anchorBlip).blip.start),
    anchorVersion: String(reply.parentVersion),
  };
  const others = reply.participants.filter((address) => address !== reply.author);
  return [
    ...[reply.author, ...new Set(others)].map((add) => ({ add })),
    { doc: MANIFEST, op: element("conversation", anchor, blipElement(reply.blip)) },
    content(reply.blip),
  ];
}

/** The domain that hosts a wavelet that `author` creates: the author's own. */
export function hostOfNew(author: string): string {
  return domainOf(author);
}

/** A new blip at the end of the thread with this id ("" is the root thread). */
export function appendBlip(
  conversation: Conversation,
  thread: Thread,
  blip: string,
  text = "",
): readonly WaveletOperation[] {
  return insertBlip(conversation, thread.end, blip, text);
}

/** A new blip right after another one, in its thread. */
export function continueAfter(
  conversation: Conversation,
  after: string,
  blip: string,
  text = "",
): readonly WaveletOperation[] {
  return insertBlip(conversation, find(conversation, after).blip.end + 1, blip, text);
}

/**
 * A new thread that replies to `parent`, with its first blip, which also gives the thread its id.
 *
 * The thread comes after those there are. An inline one is shown at the `reply` element with its id, which
 * the editor puts into the parent's text.
 */
export function replyTo(
  conversation: Conversation,
  parent: string,
  blip: string,
  options: { readonly inline: boolean } = { inline: false },
): readonly WaveletOperation[] {
  const attributes: Attributes = options.inline ? { id: blip, inline: "true" } : { id: blip };
  const thread = element("thread", attributes, blipElement(blip));
  const at = find(conversation, parent).blip.end;
  return [{ doc: MANIFEST, op: insertAt(conversation.size, at, thread) }, content(blip)];
}

/**
 * A blip deleted. One with visible replies is only marked; another leaves the manifest, with what had been
 * deleted under it, and the content of their documents goes. The last blip of a thread takes the thread with
 * it, and the thread's anchors in the parent's text.
 */
export function deleteBlip(conversation: Conversation, documents: Documents, id: string): readonly WaveletOperation[] {
  const placed = find(conversation, id);
  const { blip } = placed;
  if (blip.threads.some(isVisible)) {
    if (blip.deleted) return [];
    return [{ doc: MANIFEST, op: setAttribute(conversation.size, blip.start, "deleted", blip.mark, "true") }];
  }
  return removeFromManifest(placed, documents);
}

/** A blip that is only marked as deleted shown again. */
export function restoreBlip(conversation: Conversation, id: string): readonly WaveletOperation[] {
  const { blip } = find(conversation, id);
  if (!blip.deleted) return [];
  return [{ doc: MANIFEST, op: setAttribute(conversation.size, blip.start, "deleted", blip.mark, null) }];
}

/** The blip's place. Raises MissingBlip when the manifest does not hold it. */
export function find(conversation: Conversation, id: string): Placed {
  const placed = conversation.placed.get(id);
  if (placed === undefined) throw new MissingBlip(id);
  return placed;
}

function removeFromManifest(placed: Placed, documents: Documents): readonly WaveletOperation[] {
  const { blip, thread, parent } = placed;
  const manifest = documents(MANIFEST);
  if (manifest === undefined) throw new MissingBlip(blip.id);
  const wholeThread = parent !== null && thread.blips.length === 1;
  const { start, end } = wholeThread ? thread : blip;
  const operations: WaveletOperation[] = [{ doc: MANIFEST, op: deleteItems(manifest, start, end + 1) }];
  for (const gone of withDescendants(blip)) {
    const document = documents(gone.id);
    if (document !== undefined && document.size > 0) operations.push({ doc: gone.id, op: invert(document.toOp()) });
  }
  if (wholeThread && parent !== null && thread.id !== "") {
    operations.push(...removeAnchors(parent.id, documents(parent.id), thread.id));
  }
  return operations;
}

/** Only a `reply` element that is empty goes; ours always are. One at a time: places shift. */
function removeAnchors(blip: string, document: WaveDocument | undefined, thread: string): WaveletOperation[] {
  if (document === undefined) return [];
  const operations: WaveletOperation[] = [];
  const text = document.clone();
  for (let at = findAnchor(text, thread); at !== null; at = findAnchor(text, thread)) {
    const op = deleteItems(text, at, at + 2);
    text.apply(op);
    operations.push({ doc: blip, op });
  }
  return operations;
}

/** Where the first empty `reply` element with this id starts, in items; null when there is none. */
export function findAnchor(document: WaveDocument, thread: string): number | null {
  let at = 0;
  let candidate: number | null = null;
  for (const run of document.runs()) {
    if (run.kind === "end" && candidate !== null) return candidate;
    candidate = run.kind === "start" && run.type === "reply" && run.attributes.id === thread ? at : null;
    at += run.kind === "text" ? [...run.text].length : 1;
  }
  return null;
}

function* withDescendants(blip: Blip): Iterable<Blip> {
  yield blip;
  for (const thread of blip.threads) {
    for (const reply of thread.blips) yield* withDescendants(reply);
  }
}

function insertBlip(conversation: Conversation, at: number, blip: string, text: string): readonly WaveletOperation[] {
  return [{ doc: MANIFEST, op: insertAt(conversation.size, at, blipElement(blip)) }, content(blip, text)];
}

function blipElement(id: string): DocOp {
  return element("blip", { id });
}

function content(blip: string, text = ""): WaveletOperation {
  return { doc: blip, op: blipDocument(text) };
}
