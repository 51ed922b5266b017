/** The lists and folders of the person who is signed in, kept current, and what they do with waves in them. */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { newBlipId, newConversation } from "../conversation";
import { type MessageKey, t } from "../i18n";
import type { DigestChange, SyncClient, WaveView } from "../sync/types";
import { toast } from "../ui/toasts";
import { ApiError, api, explain } from "./api";
import { array, DecodeError, number, object, string } from "./decode";
import { type Digest, decodeDigest, fetchDigest, patchState, queryOf, type StateChange } from "./digests";
import { keptInbox } from "./keptInbox";
import { listRoute, navigate, route } from "./router";
import { createWaveList, type ListMemory, type WaveList } from "./waveList";

export interface Folder {
  readonly name: string;
  readonly waves: number;
  /** Waves in it that have something unread. */
  readonly unread: number;
}
export interface Folders {
  readonly inbox_unread: number;
  readonly folders: readonly Folder[];
}

const decodeFolders = object({
  inbox_unread: number,
  folders: array(object({ name: string, waves: number, unread: number })),
});

const KEPT = 6; // lists that are kept current while they are not shown, so that going back shows them at once
const SETTLING = 400; // ms: changes come in bursts, and the folders are counted once for each

const lists = new Map<string, WaveList>(); // by query, the one used last at the end
const folderState = signal<Folders>({ inbox_unread: 0, folders: [] });
const alone = signal<ReadonlyMap<string, Digest>>(new Map()); // of waves that were opened from no list

let inboxMemory: ListMemory | undefined; // of the person who is signed in
const current = signal<WaveList>(createWaveList(api, { kind: "inbox" }));

/** The list beside the wave. */
export const currentList: ReadonlySignal<WaveList> = current;

/** The person's folders, and what is unread. */
export const folders: ReadonlySignal<Folders> = folderState;

/** Keep lists and folders current. Returns what ends it, and forgets them. */
export function followWaves(client: SyncClient): () => void {
  let settling: ReturnType<typeof setTimeout> | undefined;
  const stop = client.watch((change) => {
    take(change);
    clearTimeout(settling);
    settling = setTimeout(() => {
      void reloadFolders();
      searchAgain();
    }, SETTLING);
  });
  inboxMemory = keptInbox(client.address);
  const stopLists = effect(() => {
    const wanted = listRoute.value;
    untracked(() => {
      current.value = listFor(wanted);
    });
  });
  void reloadFolders();
  return () => {
    clearTimeout(settling);
    stop();
    stopLists();
    lists.clear();
    folderState.value = { inbox_unread: 0, folders: [] };
    alone.value = new Map();
  };
}

/** The digest of a wave, from whichever list has it; undefined while it is not known. */
export function digestOf(wave: string): Digest | undefined {
  for (const list of [currentList.value, ...lists.values()]) {
    const state = list.state.value;
    const found = state.kind === "ready" ? state.waves.find((each) => each.wave === wave) : undefined;
    if (found !== undefined) return found;
  }
  return alone.value.get(wave);
}

/** Fetch a digest that no list has. A wave that cannot be seen has none, and that is no error here. */
export async function needDigest(wave: string): Promise<void> {
  if (digestOf(wave) !== undefined) return;
  try {
    alone.value = new Map(alone.value).set(wave, await fetchDigest(wave));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // the wave itself says what is the matter with it
  }
}

/** Make a wave and show it, with the focus in its first line. Works offline. */
export function newWave(client: SyncClient): void {
  const view = client.createWave(() => newConversation(client.address, newBlipId()));
  navigate({ kind: "wave", wave: view.wave, blip: null });
  closeWhenLeft(view);
}

/**
 * Change one's own state of a wave: shown at once, taken back if the server refuses. `done` is said when it is done,
 * with `undo` behind it.
 */
export async function changeWave(
  digest: Digest,
  change: StateChange,
  words: { readonly done: MessageKey; readonly undo?: StateChange } | null,
): Promise<void> {
  const { read_all, ...shown } = change;
  spread(digest.wave, { ...digest, ...shown, ...(read_all === true ? { unread: 0 } : {}) });
  try {
    const now = await patchState(digest.wave, change);
    spread(digest.wave, now);
    if (words === null) return;
    const { undo, done } = words;
    const action = undo && { label: t("common.undo"), run: () => void changeWave(now, undo, null) };
    toast(t(done), action === undefined ? {} : { action });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    spread(digest.wave, digest);
    toast(explain(error), { kind: "error" });
  }
}

/** Fetch all lists anew; what they show stays until they are here. */
export function reloadLists(): void {
  for (const list of lists.values()) void list.reload();
}

/** Fetch the folders anew. */
async function reloadFolders(): Promise<void> {
  try {
    folderState.value = await api.get("/folders", decodeFolders);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // offline the counts are those last seen
  }
}

/** What a search finds changes with every wave. Not when there are pages of it: they would be gone from under the reader. */
function searchAgain(): void {
  const list = currentList.peek();
  const state = list.state.peek();
  const whole = state.kind === "ready" && state.next === null;
  if (list.route.kind === "search" && list.route.query !== "" && whole) void list.reload();
}

function listFor(wanted: WaveList["route"]): WaveList {
  const query = `${wanted.kind} ${queryOf(wanted)}`;
  const kept = lists.get(query);
  const memory = wanted.kind === "inbox" ? inboxMemory : undefined;
  const list = kept ?? createWaveList(api, wanted, memory);
  lists.delete(query);
  lists.set(query, list);
  const oldest = lists.keys().next().value;
  if (lists.size > KEPT && oldest !== undefined) lists.delete(oldest);
  if (kept === undefined || wanted.kind === "search") void list.reload(); // what a search finds changes unseen
  return list;
}

function take(change: DigestChange): void {
  if (change.wave === "*") {
    reloadLists();
    return;
  }
  try {
    spread(change.wave, change.digest === null ? null : decodeDigest(change.digest));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    void currentList.value.reload(); // of a shape that we do not know: ask in one that we do
  }
}

function spread(wave: string, digest: Digest | null): void {
  for (const list of lists.values()) list.take(wave, digest);
  const known = new Map(alone.value);
  if (digest === null) known.delete(wave);
  else if (known.has(wave) || isShown(wave)) known.set(wave, digest);
  alone.value = known;
}

function isShown(wave: string): boolean {
  const now = route.value;
  return (now.kind === "wave" || now.kind === "history") && now.wave === wave;
}

/** The page has opened the wave for itself by then: views of one wave share their replicas. */
function closeWhenLeft(view: WaveView): void {
  const stop = route.subscribe((now) => {
    if (now.kind === "wave" && now.wave === view.wave) return;
    view.close();
    queueMicrotask(() => stop());
  });
}
