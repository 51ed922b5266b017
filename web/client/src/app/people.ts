/** Who people are: names, colours and pictures by address, fetched as they are asked for, many at a time. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { t } from "../i18n";
import { type Api, ApiError, api } from "./api";
import { array, nullable, object, string } from "./decode";

/** Somebody who can be added or mentioned. */
export interface Person {
  readonly address: string;
  readonly name: string;
}

export interface PeopleSource {
  /** Their name; until it is known, and for strangers, the part of the address before the @. */
  name(address: string): string;
  /** 0 to 11, which of the tokens --gs-person-N; the same for one address everywhere and always. */
  colour(address: string): number;
  avatarUrl(address: string): string | null;
  /** People whose name or address begins like this, best first; rejects with ApiError. */
  suggest(query: string): Promise<readonly Person[]>;
  /** Grows when names or pictures arrived: reading it (as name() and avatarUrl() do) renders a component again. */
  readonly loaded: ReadonlySignal<number>;
}

/** A PeopleSource that can be told that somebody changed. */
export interface PeopleDirectory extends PeopleSource {
  /** Fetch these anew, when they are next shown. */
  refresh(address: string): void;
}

interface Profile {
  readonly address: string;
  readonly name: string | null;
  readonly avatar: string | null;
}

export const COLOURS = 12;
const BATCH = 100; // addresses in one request, the server's limit
const GATHERING = 20; // ms: what one render asks for goes into one request
const PAUSE = 30_000; // ms before asking again after a failure
const SUGGESTIONS = 8;

const decodeProfiles = object({
  profiles: array(
    object<Pick<Profile, keyof Profile>>({ address: string, name: nullable(string), avatar: nullable(string) }),
  ),
});
const decodePeople = object({ people: array(object({ address: string, name: string })) });

/** A stable number below `COLOURS` for an address (FNV-1a over its UTF-16 units). */
export function colourOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < address.length; index += 1)
    hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % COLOURS;
}

/** People as a server knows them. */
export function createPeople(server: Api, now: () => number = Date.now): PeopleDirectory {
  const loaded = signal(0);
  const profiles = new Map<string, Profile>();
  const askedAt = new Map<string, number>(); // ms; also those that have not been answered
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function fetchWaiting(): Promise<void> {
    timer = undefined;
    const batch = [...waiting].slice(0, BATCH);
    for (const address of batch) waiting.delete(address);
    if (waiting.size > 0) schedule();
    try {
      const answer = await server.get("/profiles", decodeProfiles, { query: { address: batch } });
      for (const profile of answer.profiles) profiles.set(profile.address, profile);
      for (const address of batch) askedAt.set(address, Number.POSITIVE_INFINITY);
      loaded.value += 1;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      for (const address of batch) askedAt.set(address, now()); // addresses stand in for names until the next attempt
    }
  }
  function schedule(): void {
    if (timer === undefined) timer = setTimeout(() => void fetchWaiting(), GATHERING);
  }
  function known(address: string): Profile | undefined {
    void loaded.value; // whoever asks is rendered again when more is known
    const asked = askedAt.get(address);
    if (asked === undefined || now() - asked > PAUSE) {
      askedAt.set(address, Number.POSITIVE_INFINITY);
      if (!address.startsWith("@")) {
        waiting.add(address);
        schedule();
      }
    }
    return profiles.get(address);
  }
  return {
    loaded,
    name: (address) => known(address)?.name || fallbackName(address),
    colour: colourOf,
    avatarUrl: (address) => known(address)?.avatar ?? null,
    suggest: async (query) =>
      (await server.get("/people", decodePeople, { query: { q: query, limit: SUGGESTIONS } })).people,
    refresh: (address) => {
      askedAt.delete(address);
      loaded.value += 1;
    },
  };
}

function fallbackName(address: string): string {
  const at = address.indexOf("@");
  if (at === 0) return t("common.everybodyAt", { domain: address.slice(1) });
  return at < 0 ? address : address.slice(0, at);
}

/** The people of the server that this page came from. */
export const people: PeopleDirectory = createPeople(api);
