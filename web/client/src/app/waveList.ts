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
  /** Fetch the first page; what is shown stays until it is here. */
  reload(): Promise<void>;
  /** Fetch the next page, if there is one and none is on its way. */
  loadMore(): Promise<void>;
  /** A wave has changed; null: it is not to be seen any more. */
  take(wave: string, digest: Digest | null): void;
}

const PAGE = 50; // waves

/** The list that a route shows. Nothing is fetched before `reload`. */
export function createWaveList(server: Api, route: ListRoute): WaveList {
  const state = signal<ListState>({ kind: "loading" });
  const pinnedFirst = route.kind === "inbox";
  let generation = 0; // answers to an earlier reload are not wanted any more

  const page = (query: string, cursor: string | null): Promise<WavePage> =>
    server.get("/waves", decodePage, { query: { q: query, limit: PAGE, cursor: cursor ?? undefined } });

  async function firstPages(): Promise<WavePage> {
    const query = queryOf(route);
    if (!pinnedFirst) return page(query, null);
    // The server sorts by time alone: what is pinned may be pages away.
    const [pinned, latest] = await Promise.all([page(`${query} is:pinned`, null), page(query, null)]);
    return { waves: merged(pinned.waves, latest.waves), next: latest.next };
  }
  return {
    route,
    state,
    reload: async () => {
      generation += 1;
      const mine = generation;
      if (state.value.kind === "failed") state.value = { kind: "loading" };
      try {
        const { waves, next } = await firstPages();
        if (mine === generation)
          state.value = { kind: "ready", waves: inOrder(waves, pinnedFirst), next, more: "idle" };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (mine === generation && state.value.kind !== "ready") state.value = { kind: "failed", error };
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
