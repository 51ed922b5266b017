/** The past as the server tells it. */
import { type Api, ApiError, api } from "../app/api";
import { array, DecodeError, type Decoder, nullable, number, object, string } from "../app/decode";
import { decodeComponents, decodeOperations, OperationError, WaveDocument, type WaveletOperation } from "../ot";
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
const documentOf: Decoder<WaveDocument> = readable((value) => WaveDocument.fromOp(decodeComponents(value)));
const operationsOf: Decoder<readonly WaveletOperation[]> = readable(decodeOperations);

/** An object as a map, each of whose values the inner decoder accepts. */
function mapOf<T>(inner: Decoder<T>): Decoder<ReadonlyMap<string, T>> {
  return (value) => {
    object({})(value); // or it is refused
    return new Map(Object.entries(Object(value)).map(([key, each]) => [key, inner(each)] as const));
  };
}

/** What the engine cannot read is no more of the promised shape than any other. */
function readable<T>(read: (value: unknown) => T): Decoder<T> {
  return (value) => {
    try {
      return read(value);
    } catch (error) {
      if (error instanceof OperationError) throw new DecodeError(error.message);
      throw error;
    }
  };
}

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
  documents: ReadonlyMap<string, WaveDocument>;
}>({ version: number, timestamp: number, participants: array(string), documents: mapOf(documentOf) });

const decodeDelta = object<{
  at: number;
  version: number;
  author: string;
  timestamp: number;
  ops: readonly WaveletOperation[];
}>({ at: number, version: number, author: string, timestamp: number, ops: operationsOf });
const decodeDeltas = object<{ deltas: readonly ReturnType<typeof decodeDelta>[]; next: number | null }>({
  deltas: array(decodeDelta),
  next: nullable(number),
});

const decodeAttribution = object<{
  version: number;
  authors: readonly string[];
  documents: ReadonlyMap<string, readonly (readonly [number, number, number])[]>;
}>({ version: number, authors: array(string), documents: mapOf(array(triple)) });

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
      return server.get("/wavelets/state", decodeState, { query, timeout: SLOW });
    },
    async deltas(from, to) {
      const all: HistoryDelta[] = [];
      for (let start: number | null = from; start !== null && start < to; ) {
        const query = { wavelet, from: start, to };
        const page: ReturnType<typeof decodeDeltas> = await server.get("/wavelets/deltas", decodeDeltas, {
          query,
          timeout: SLOW,
        });
        all.push(...page.deltas.map(({ ops, ...delta }) => ({ ...delta, operations: ops })));
        if (page.next !== null && page.next <= start) {
          throw new ApiError(0, "invalid-response", `the deltas after version ${start} go on at ${page.next}`);
        }
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
  const documents = [...found.documents].map(
    ([id, runs]) =>
      [id, runs.map(([items, author, by]) => ({ items, author: found.authors[author] ?? "", version: by }))] as const,
  );
  return { version: found.version, documents: new Map(documents) };
}
