/** Who people are: names, colours and pictures by address, fetched as they are asked for, many at a time. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { domainOf } from "../conversation/names";
import { t } from "../i18n";
import { type Api, ApiError, api } from "./api";
import { array, nullable, object, oneOf, string } from "./decode";

/** Somebody who can be added or mentioned. */
export interface Person {
  readonly address: string;
  readonly name: string;
}

export interface PeopleSource {
  /**
   * Their name; until it is known, and for strangers, the part of the address before the @. People of another domain
   * than the reader's are never without it: "bob@beta.test".
   */
  name(address: string): string;
  /** 0 to 11, which of the tokens --gs-person-N; the same for one address everywhere and always. */
  colour(address: string): number;
  avatarUrl(address: string): string | null;
  /** People whose name or address begins like this, best first; rejects with ApiError. */
  suggest(query: string): Promise<readonly Person[]>;
  /** Whether waves can be shared with people of a domain; rejects with ApiError. */
  lookUp(domain: string): Promise<DomainStanding>;
  /** Grows when names or pictures arrived: reading it (as name() and avatarUrl() do) renders a component again. */
  readonly loaded: ReadonlySignal<number>;
}

/** The reader's own; one that answers and has proved who it is; one that does not; all, where nothing is shared. */
export type DomainStanding = "own" | "found" | "unreachable" | "off";

/** A PeopleSource that can be told who reads, and that somebody changed. */
export interface PeopleDirectory extends PeopleSource {
  /** The reader is of this domain. */
  readBy(domain: string): void;
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
const LOOKING_UP = 20_000; // ms: the server waits up to 15 s for a domain

const decodeProfiles = object({
  profiles: array(
    object<Pick<Profile, keyof Profile>>({ address: string, name: nullable(string), avatar: nullable(string) }),
  ),
});
const decodeDomain = object({ standing: oneOf("own", "found", "unreachable", "off") });
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
  const reader = signal(""); // their domain; "" while nobody is signed in
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
  function nameOf(address: string): string {
    const name = known(address)?.name;
    const domain = domainOf(address);
    const foreign = reader.value !== "" && domain !== reader.value;
    if (name) return foreign ? `${name} (${domain})` : name;
    return foreign && !address.startsWith("@") ? address : fallbackName(address);
  }
  return {
    loaded,
    name: nameOf,
    colour: colourOf,
    avatarUrl: (address) => known(address)?.avatar ?? null,
    suggest: async (query) => {
      const found = await server.get("/people", decodePeople, { query: { q: query, limit: SUGGESTIONS } });
      return found.people.map((person) =>
        domainOf(person.address) === reader.peek() ? person : { ...person, name: nameOf(person.address) },
      );
    },
    lookUp: async (domain) =>
      (await server.get(`/domains/${encodeURIComponent(domain)}`, decodeDomain, { timeout: LOOKING_UP })).standing,
    readBy: (domain) => {
      reader.value = domain;
    },
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
