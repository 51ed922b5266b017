/**
 * A tab that is gone may have left edits that never reached the server. A living one takes them over, exactly once:
 * under their own keys, so that what had reached the server after all is recognised.
 */

import { draftsOf } from "./drafts";
import { OutOfStep } from "./errors";
import type { OfflineStore } from "./offlineStore";
import type { Replica } from "./replica";
import { chain, type StoredDelta, type StoredWork, workAfter } from "./storedCopies";
import type { Tabs } from "./tabs";
import type { Draft } from "./types";

const ATTEMPTS = 5; // the history may go on while it is read

/** The tab that takes work over. */
export interface Heir {
  readonly tab: string;
  readonly author: string;
  /** The wavelet's replica here, made when the work is what makes the wavelet; undefined when nothing is known of it. */
  replicaOf(work: StoredWork): Promise<Replica | undefined>;
  /** Resolves when all that is known here has been written down. */
  written(): Promise<void>;
  /** The work of this id is part of the tab's own from now on, or of no more use: written down together. */
  inherited(id: string): void;
  given(drafts: readonly Draft[]): void;
  readonly newId: () => string;
  readonly now: () => number;
}

/** Take over the work of all tabs that are gone. What cannot stand any more becomes drafts. */
export async function inheritWork(store: OfflineStore, tabs: Tabs, heir: Heir): Promise<void> {
  const lastSeen = new Map<string, number>();
  for (const { owner, written } of await store.work()) {
    if (owner !== heir.tab) lastSeen.set(owner, Math.max(written, lastSeen.get(owner) ?? 0));
  }
  for (const [owner, seen] of lastSeen) {
    const taken = await tabs.ifGone(owner, seen, () => store.takeOver(owner, heir.tab));
    for (const work of taken ?? []) await inherit(store, heir, work);
  }
}

async function inherit(store: OfflineStore, heir: Heir, work: StoredWork): Promise<void> {
  const replica = await heir.replicaOf(work);
  for (let attempt = 0; replica !== undefined && attempt < ATTEMPTS; attempt += 1) {
    await heir.written();
    const deltas = await store.deltas(work.wavelet);
    // From here on nothing is awaited: the replica stays at the version that the work is brought to.
    if (!broughtTo(replica, chain(deltas, replica.version, work.base.version) ?? [])) break;
    const since = chain(deltas, work.base.version, replica.version);
    if (since === null) continue;
    const end = since.at(-1)?.landing.to ?? work.base;
    const left = end.hash === replica.known.hash ? workAfter(work, since, heir.author) : null;
    if (left !== null && adopted(replica, left)) {
      heir.inherited(work.id);
      return;
    }
    break;
  }
  giveUp(heir, work);
}

/** Let the replica hear of these deltas. False when they do not fit what is pending in it. */
function broughtTo(replica: Replica, deltas: readonly StoredDelta[]): boolean {
  return inStep(() => {
    for (const delta of deltas) replica.receive(delta);
  });
}

function adopted(replica: Replica, left: StoredWork["submissions"]): boolean {
  return inStep(() => replica.adopt(left));
}

function inStep(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof OutOfStep) return false;
    throw error;
  }
}

function giveUp(heir: Heir, work: StoredWork): void {
  const operations = work.submissions.flatMap((submission) => submission.operations);
  const origin = { wavelet: work.wavelet, at: heir.now(), reason: "bad-version", newId: heir.newId };
  heir.given(draftsOf(operations, origin).filter((draft) => draft.text !== ""));
  heir.inherited(work.id);
}
