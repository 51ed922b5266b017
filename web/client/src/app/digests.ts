/** Waves as lists show them, and what a person notes about them. */
import { api } from "./api";
import { array, boolean, type Decoder, nullable, number, object, string } from "./decode";
import type { ListRoute } from "./route";

/** A wave in a list. Times are ms since 1970; `unread` counts blips. */
export interface Digest {
  /** "domain/id". */
  readonly wave: string;
  readonly title: string;
  readonly snippet: string;
  readonly creator: string;
  /** The first ones, in order of joining. */
  readonly participants: readonly string[];
  readonly participant_count: number;
  readonly created: number;
  readonly modified: number;
  readonly modified_by: string;
  readonly blips: number;
  readonly unread: number;
  /** Holds a private reply that this person takes part in. */
  readonly private: boolean;
  readonly archived: boolean;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly folders: readonly string[];
  readonly tags: readonly string[];
}

export const decodeDigest: Decoder<Digest> = object<Pick<Digest, keyof Digest>>({
  wave: string,
  title: string,
  snippet: string,
  creator: string,
  participants: array(string),
  participant_count: number,
  created: number,
  modified: number,
  modified_by: string,
  blips: number,
  unread: number,
  private: boolean,
  archived: boolean,
  muted: boolean,
  pinned: boolean,
  folders: array(string),
  tags: array(string),
});

/** One page of a list; `next` is the cursor of the following one, null at the end. */
export interface WavePage {
  readonly waves: readonly Digest[];
  readonly next: string | null;
}

export const decodePage: Decoder<WavePage> = object<Pick<WavePage, keyof WavePage>>({
  waves: array(decodeDigest),
  next: nullable(string),
});

/** What can be changed of one's own state of a wave. */
export interface StateChange {
  readonly read_all?: true;
  readonly archived?: boolean;
  readonly muted?: boolean;
  readonly pinned?: boolean;
  readonly folders?: readonly string[];
}

/** Fetch the digest of one wave. Rejects with ApiError. */
export function fetchDigest(wave: string, signal?: AbortSignal): Promise<Digest> {
  return api.get(`/waves/${encodedWave(wave)}`, decodeDigest, signal === undefined ? {} : { signal });
}

/** Change one's own state of a wave. Rejects with ApiError; nothing has changed then. */
export function patchState(wave: string, change: StateChange): Promise<Digest> {
  return api.patch(`/waves/${encodedWave(wave)}/state`, change, decodeDigest);
}

/** Places that are not folders of one's own, but are listed as if they were. */
export const PLACES = ["archive", "muted", "pinned", "all"] as const;

/** The query that lists what a route shows. */
export function queryOf(route: ListRoute): string {
  switch (route.kind) {
    case "inbox":
      return "in:inbox";
    case "folder":
      return `in:${quoted(route.name)}`;
    case "search":
      return route.query;
  }
}

/** Whether a wave is in a list, as far as the digest tells; null where only the server knows, in searches. */
export function belongs(route: ListRoute, digest: Digest): boolean | null {
  if (route.kind === "search") return null;
  if (route.kind === "inbox") return !digest.archived && !digest.muted;
  switch (route.name) {
    case "archive":
      return digest.archived && !digest.muted;
    case "muted":
      return digest.muted;
    case "pinned":
      return digest.pinned;
    case "all":
      return true;
    default:
      return digest.folders.includes(route.name);
  }
}

/** The order of lists: pinned first where `pinnedFirst`, then the latest first, ties by address. */
export function inOrder(waves: readonly Digest[], pinnedFirst: boolean): readonly Digest[] {
  return [...waves].sort(
    (a, b) =>
      (pinnedFirst ? Number(b.pinned) - Number(a.pinned) : 0) || b.modified - a.modified || (a.wave < b.wave ? -1 : 1),
  );
}

function quoted(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}

function encodedWave(wave: string): string {
  return wave.split("/").map(encodeURIComponent).join("/");
}
