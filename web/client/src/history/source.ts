/** The past as the server tells it. */
import { type Api, api } from "../app/api";
import { array, type Decoder, nullable, number, object, string } from "../app/decode";
import { decodeComponents, decodeOperations, WaveDocument, type WaveletOperation } from "../ot";
import type { AttributionRun } from "./runs";
import type { Timeline } from "./timeline";

/** A wavelet at a version. A value: nobody changes its documents. */
export interface HistoryState {
  readonly version: number;
  /** When the version came about, in ms since 1970; 0 at version 0. */
  readonly timestamp: number;
  readonly participants: readonly string[];
  /** Those that are not empty. */
  readonly documents: ReadonlyMap<string, WaveDocument>;
}

/** A delta of the history: it leads from version `at` to `version`. */
export interface HistoryDelta {
  readonly at: number;
  readonly version: number;
  readonly author: string;
  /** In ms since 1970. */
  readonly timestamp: number;
  readonly operations: readonly WaveletOperation[];
}

/** Who wrote the documents of a wavelet, at a version. */
export interface WaveletAttribution {
  readonly version: number;
  readonly documents: ReadonlyMap<string, readonly AttributionRun[]>;
}

/** Where the past of one wavelet comes from. Every method rejects with ApiError. */
export interface HistorySource {
  timeline(): Promise<Timeline>;
  /** The state at a version that a delta led to. */
  state(version: number): Promise<HistoryState>;
  /** All deltas from one such version to another. */
  deltas(from: number, to: number): Promise<readonly HistoryDelta[]>;
}

/** Nothing has happened. */
export const BEGINNING: HistoryState = { version: 0, timestamp: 0, participants: [], documents: new Map() };

const SLOW = 60_000; // ms: the first look at a long history takes the server a while

const triple: Decoder<readonly [number, number, number]> = (value) => {
  const [one, two, three] = array(number)(value);
  return [one ?? 0, two ?? 0, three ?? 0];
};
const unknown: Decoder<unknown> = (value) => value;
const entries: Decoder<Readonly<Record<string, unknown>>> = (value) => ({ ...object({})(value), ...Object(value) });

const decodeTimeline = object<{
  version: number;
  created: number;
  authors: readonly string[];
  points: readonly (readonly [number, number, number])[];
}>({ version: number, created: number, authors: array(string), points: array(triple) });

const decodeState = object<{
  version: number;
  timestamp: number;
  participants: readonly string[];
  documents: Readonly<Record<string, unknown>>;
}>({ version: number, timestamp: number, participants: array(string), documents: entries });

const decodeDelta = object<{ at: number; version: number; author: string; timestamp: number; ops: unknown }>({
  at: number,
  version: number,
  author: string,
  timestamp: number,
  ops: unknown,
});
const decodeDeltas = object<{ deltas: readonly ReturnType<typeof decodeDelta>[]; next: number | null }>({
  deltas: array(decodeDelta),
  next: nullable(number),
});

const decodeAttribution = object<{
  version: number;
  authors: readonly string[];
  documents: Readonly<Record<string, unknown>>;
}>({ version: number, authors: array(string), documents: entries });

/** The past of a wavelet, named by its path. */
export function historySource(wavelet: string, server: Api = api): HistorySource {
  return {
    async timeline() {
      const { authors, points, ...rest } = await server.get("/wavelets/timeline", decodeTimeline, {
        query: { wavelet },
        timeout: SLOW,
      });
      const named = points.map(([version, timestamp, author]) => ({
        version,
        timestamp,
        author: authors[author] ?? "",
      }));
      return { ...rest, points: named };
    },
    async state(version) {
      const query = { wavelet, version };
      return stateOf(await server.get("/wavelets/state", decodeState, { query, timeout: SLOW }));
    },
    async deltas(from, to) {
      const all: HistoryDelta[] = [];
      for (let start: number | null = from; start !== null && start < to; ) {
        const query = { wavelet, from: start, to };
        const page: ReturnType<typeof decodeDeltas> = await server.get("/wavelets/deltas", decodeDeltas, {
          query,
          timeout: SLOW,
        });
        all.push(...page.deltas.map(({ ops, ...delta }) => ({ ...delta, operations: decodeOperations(ops) })));
        start = page.next;
      }
      return all;
    },
  };
}

/** Who wrote what at a version. Rejects with ApiError. */
export async function fetchAttribution(
  wavelet: string,
  version: number,
  server: Api = api,
): Promise<WaveletAttribution> {
  const query = { wavelet, version };
  const found = await server.get("/wavelets/attribution", decodeAttribution, { query, timeout: SLOW });
  const runs = array(triple);
  const documents = Object.entries(found.documents).map(
    ([id, listed]) =>
      [
        id,
        runs(listed).map(([items, author, by]) => ({ items, author: found.authors[author] ?? "", version: by })),
      ] as const,
  );
  return { version: found.version, documents: new Map(documents) };
}

function stateOf(found: ReturnType<typeof decodeState>): HistoryState {
  const documents = Object.entries(found.documents).map(
    ([id, components]) => [id, WaveDocument.fromOp(decodeComponents(components))] as const,
  );
  return { ...found, documents: new Map(documents) };
}
