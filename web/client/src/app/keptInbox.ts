/** The inbox as it was seen last, kept on this device for one person: what an offline start shows. */
import { array, DecodeError, object, string } from "./decode";
import { type Digest, decodeDigest } from "./digests";
import { store, stored } from "./preferences";
import type { ListMemory } from "./waveList";

const KEY = "groundswell.inbox";
const MOST = 60; // waves; a device's storage is shared with the texts that are not saved yet

const decodeKept = object({ address: string, waves: array(decodeDigest) });

/** What is kept for this person; somebody else's is never shown. */
export function keptInbox(address: string): ListMemory {
  return {
    read: () => {
      const kept = read();
      return kept?.address === address ? kept.waves : null;
    },
    write: (waves) => store(KEY, JSON.stringify({ address, waves: waves.slice(0, MOST) })),
  };
}

/** Leave nothing of it behind, when somebody signs out. */
export function forgetInbox(): void {
  store(KEY, null);
}

function read(): { readonly address: string; readonly waves: readonly Digest[] } | null {
  const text = stored(KEY);
  if (text === null) return null;
  try {
    return decodeKept(JSON.parse(text));
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) return null; // of an older version, or cut off
    throw error;
  }
}
