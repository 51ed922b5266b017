/**
 * Reading the manifest, the document `conversation`: which blips there are, in which threads, in which order.
 *
 * The manifest is whatever participants' programs wrote, within the server's schema. What makes no sense is
 * left out and never an error: blips without an id, a blip that is named a second time, elements that we do
 * not know.
 *
 * Source: CONVERSATION.md, "The manifest".
 */
import { type Attributes, codePoints, type WaveDocument } from "../ot";

/** The id of the document that holds the manifest. */
export const MANIFEST = "conversation";

/** A place of a blip in a manifest. Places count items; `start` is its start tag, `end` its end tag. */
export interface Blip {
  readonly id: string;
  readonly deleted: boolean;
  /** The attribute `deleted` as it stands; null when it is absent. */
  readonly mark: string | null;
  readonly threads: readonly Thread[];
  readonly start: number;
  readonly end: number;
}

/** Blips of which each continues the one before. The root thread has the id "" and is the `conversation` element. */
export interface Thread {
  readonly id: string;
  /** Whether its place is at a `reply` element in the text of the blip it replies to. */
  readonly inline: boolean;
  readonly blips: readonly Blip[];
  readonly start: number;
  readonly end: number;
}

/** Where a private reply belongs. `offset` is the place in the blip's text, in items; null when it follows the blip. */
export interface Anchor {
  readonly domain: string;
  readonly wavelet: string;
  readonly blip: string;
  readonly version: number;
  readonly offset: number | null;
}

/** A blip with the thread that it stands in, and the blip that this thread replies to (null: the root thread). */
export interface Placed {
  readonly blip: Blip;
  readonly thread: Thread;
  readonly parent: Blip | null;
}

/** What a manifest says. `size` is the manifest's length in items, which operations on it have to span. */
export interface Conversation {
  readonly root: Thread;
  readonly anchor: Anchor | null;
  readonly placed: ReadonlyMap<string, Placed>;
  readonly size: number;
}

interface Building {
  readonly type: string;
  readonly attributes: Attributes;
  readonly start: number;
  readonly blips: Blip[];
  readonly threads: Thread[];
}

/** What the manifest says; null when there is none (a wavelet without a conversation). */
export function readConversation(document: WaveDocument | undefined): Conversation | null {
  if (document === undefined) return null;
  const seen = new Set<string>();
  const open: Building[] = [];
  let root: Building | null = null;
  let rootEnd = 0;
  let at = 0;
  for (const run of document.runs()) {
    if (run.kind === "text") {
      at += codePoints(run.text);
      continue;
    }
    if (run.kind === "start") {
      open.push({ type: run.type, attributes: run.attributes, start: at, blips: [], threads: [] });
      if (run.type === "blip") claim(seen, open);
    } else {
      const closed = open.pop();
      const parent = open.at(-1);
      if (closed !== undefined && parent === undefined && root === null && closed.type === "conversation") {
        root = closed;
        rootEnd = at;
      } else if (closed !== undefined && parent !== undefined) close(closed, at, parent);
    }
    at += 1;
  }
  if (root === null) return null;
  const thread: Thread = { id: "", inline: false, blips: root.blips, start: root.start, end: rootEnd };
  return { root: thread, anchor: readAnchor(root.attributes), placed: placeAll(thread), size: document.size };
}

/** Whether anything of the thread is to be seen: a blip that is not deleted, at any depth. */
export function isVisible(thread: Thread): boolean {
  return thread.blips.some((blip) => isShown(blip));
}

/** Whether the blip is to be seen, be it only because something visible replies to it. */
export function isShown(blip: Blip): boolean {
  return !blip.deleted || blip.threads.some(isVisible);
}

/** A blip that is named again, or without a name, is taken for an element that we do not know. */
function claim(seen: Set<string>, open: Building[]): void {
  const blip = open.at(-1);
  const id = blip?.attributes.id;
  if (blip === undefined) return;
  if (id === undefined || id === "" || seen.has(id)) open[open.length - 1] = { ...blip, type: "" };
  else seen.add(id);
}

function close(closed: Building, end: number, parent: Building): void {
  const { start, attributes } = closed;
  if (closed.type === "blip" && (parent.type === "conversation" || parent.type === "thread")) {
    const id = attributes.id ?? "";
    const mark = attributes.deleted ?? null;
    parent.blips.push({ id, deleted: mark === "true", mark, threads: closed.threads, start, end });
  } else if (closed.type === "thread" && parent.type === "blip") {
    const id = attributes.id ?? "";
    parent.threads.push({ id, inline: attributes.inline === "true" && id !== "", blips: closed.blips, start, end });
  }
}

function placeAll(root: Thread): ReadonlyMap<string, Placed> {
  const placed = new Map<string, Placed>();
  const visit = (thread: Thread, parent: Blip | null): void => {
    for (const blip of thread.blips) {
      placed.set(blip.id, { blip, thread, parent });
      for (const reply of blip.threads) visit(reply, blip);
    }
  };
  visit(root, null);
  return placed;
}

/** The original writes `domain!waveletId` or `domain/waveletId`; only the last two parts count. */
function readAnchor(attributes: Attributes): Anchor | null {
  const [domain, wavelet] = (attributes.anchorWavelet ?? "").split(/[!/]/u).slice(-2);
  const blip = attributes.anchorBlip;
  if (!domain || !wavelet || !blip) return null;
  const offset = attributes.anchorOffset;
  const version = Number(attributes.anchorVersion ?? 0);
  return { domain, wavelet, blip, version, offset: offset === undefined ? null : Number(offset) };
}
