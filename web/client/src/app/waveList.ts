/** One list of waves: its pages as they are fetched, and what changes in it meanwhile. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, ApiError } from "./api";
import { belongs, type Digest, decodePage, inOrder, queryOf, type WavePage } from "./digests";
import type { ListRoute } from "./route";

export type ListState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: ApiError }
  | {
      readonly kind: "ready";
      readonly waves: readonly Digest[];
      /** Where the next page begins; null when all is here. */
      readonly next: string | null;
      readonly more: "idle" | "loading" | "failed";
    };

export interface WaveList {
  readonly route: ListRoute;
  readonly state: ReadonlySignal<ListState>;
  /** Fetch it anew, as far as it was there; what is shown stays until it is here. */
  reload(): Promise<void>;
  /** Fetch the next page, if there is one and none is on its way. */
  loadMore(): Promise<void>;
  /** A wave has changed; null: it is not to be seen any more. */
  take(wave: string, digest: Digest | null): void;
}

const PAGE = 50; // waves
const RELOADED = 500; // waves at most that are fetched anew; who has scrolled further begins there again

/** Where a list is kept on this device, to be shown while the server cannot be reached. */
export interface ListMemory {
  read(): readonly Digest[] | null;
  write(waves: readonly Digest[]): void;
}

const FORGETFUL: ListMemory = { read: () => null, write: () => undefined };

/** The list that a route shows. Nothing is fetched before `reload`. */
export function createWaveList(server: Api, route: ListRoute, memory: ListMemory = FORGETFUL): WaveList {
  const state = signal<ListState>({ kind: "loading" });
  const pinnedFirst = route.kind === "inbox";
  let generation = 0; // answers to an earlier reload are not wanted any more
  let reloading = 0; // requests under way
  const heard = new Map<string, Digest | null>(); // meanwhile: the answer may be older than these

  const page = (query: string, cursor: string | null): Promise<WavePage> =>
    server.get("/waves", decodePage, { query: { q: query, limit: PAGE, cursor: cursor ?? undefined } });

  /** As many pages as were there before, so that nobody who has scrolled far is thrown back. */
  async function pages(): Promise<WavePage> {
    const query = queryOf(route);
    const before = state.value.kind === "ready" ? state.value.waves.length : 0;
    // The server sorts by time alone: what is pinned may be pages away.
    const [pinned, first] = await Promise.all([
      pinnedFirst ? page(`${query} is:pinned`, null) : { waves: [] },
      page(query, null),
    ]);
    let { waves, next } = first;
    while (next !== null && waves.length < Math.min(before, RELOADED)) {
      const more = await page(query, next);
      waves = merged(waves, more.waves);
      next = more.next;
    }
    return { waves: merged(pinned.waves, waves), next };
  }
  /** Without a connection, what was seen last is better than nothing. */
  function remembered(error: ApiError): ListState {
    const waves = error.status === 0 ? memory.read() : null;
    return waves === null ? { kind: "failed", error } : { kind: "ready", waves, next: null, more: "idle" };
  }
  return {
    route,
    state,
    reload: async () => {
      generation += 1;
      const mine = generation;
      if (state.value.kind === "failed") state.value = { kind: "loading" };
      if (reloading === 0) heard.clear();
      reloading += 1;
      try {
        const { waves, next } = await pages();
        if (mine !== generation) return;
        const current = [...heard].reduce((all, [wave, digest]) => taken(route, all, wave, digest), waves);
        const ordered = inOrder(current, pinnedFirst);
        state.value = { kind: "ready", waves: ordered, next, more: "idle" };
        memory.write(ordered);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (mine === generation && state.value.kind !== "ready") state.value = remembered(error);
      } finally {
        reloading -= 1;
      }
    },
    loadMore: async () => {
      const before = state.value;
      if (before.kind !== "ready" || before.next === null || before.more === "loading") return;
      const mine = generation;
      state.value = { ...before, more: "loading" };
      try {
        const found = await page(queryOf(route), before.next);
        const now = state.value;
        if (mine !== generation || now.kind !== "ready") return;
        const waves = inOrder(merged(now.waves, found.waves), pinnedFirst);
        state.value = { kind: "ready", waves, next: found.next, more: "idle" };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (mine === generation && state.value.kind === "ready") state.value = { ...state.value, more: "failed" };
      }
    },
    take: (wave, digest) => {
      if (reloading > 0) heard.set(wave, digest);
      const now = state.value;
      if (now.kind !== "ready") return;
      const waves = taken(route, now.waves, wave, digest);
      if (waves !== now.waves) state.value = { ...now, waves: inOrder(waves, pinnedFirst) };
    },
  };
}

/** Both, each wave once; the first list's digests are the newer ones. */
function merged(first: readonly Digest[], second: readonly Digest[]): readonly Digest[] {
  const seen = new Set(first.map((digest) => digest.wave));
  return [...first, ...second.filter((digest) => !seen.has(digest.wave))];
}

function taken(route: ListRoute, waves: readonly Digest[], wave: string, digest: Digest | null): readonly Digest[] {
  const listed = waves.some((each) => each.wave === wave);
  const wanted = digest === null ? false : (belongs(route, digest) ?? listed);
  if (digest === null || !wanted) return listed ? waves.filter((each) => each.wave !== wave) : waves;
  return listed ? waves.map((each) => (each.wave === wave ? digest : each)) : [digest, ...waves];
}
