/** Requests to `/api/v1`: answers are validated, and every failure is an ApiError. */
import { type MessageKey, t } from "../i18n";
import { DecodeError, type Decoder, object, string } from "./decode";

const BASE = "/api/v1";
const TIMEOUT = 15_000; // ms

/** Names of query parameters and their values; a list repeats the name, undefined leaves it out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** How long to wait for the answer, in ms. */
  readonly timeout?: number;
}

/**
 * A request that failed. `code` is the server's, or one of ours with status 0: "offline" (no connection), "timeout",
 * "invalid-response" (an answer that is not of the promised shape). `message` is for programmers; see `explain`.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds to wait before the next attempt, when the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export interface Api {
  get<T>(path: string, decode: Decoder<T>, options?: RequestOptions): Promise<T>;
  post<T>(path: string, body: unknown, decode: Decoder<T>, options?: RequestOptions): Promise<T>;
  put<T>(path: string, body: unknown, decode: Decoder<T>, options?: RequestOptions): Promise<T>;
  patch<T>(path: string, body: unknown, decode: Decoder<T>, options?: RequestOptions): Promise<T>;
  delete<T>(path: string, decode: Decoder<T>, options?: RequestOptions): Promise<T>;
}

/**
 * The API over a `fetch`. A body that is a Blob is sent as it is, others as JSON. `unauthenticated` is told of each
 * answer 401 except to an attempt to sign in; the request fails all the same. An aborted request rejects with the
 * signal's reason.
 */
export function createApi(fetcher: typeof fetch, unauthenticated: () => void): Api {
  async function request<T>(
    method: string,
    path: string,
    body: unknown,
    decode: Decoder<T>,
    options: RequestOptions = {},
  ): Promise<T> {
    const response = await answered(fetcher, method, path, body, options);
    if (!response.ok) {
      if (response.status === 401 && path !== "/session") unauthenticated();
      throw await problem(response);
    }
    return decoded(response, path, decode);
  }
  return {
    get: (path, decode, options) => request("GET", path, undefined, decode, options),
    post: (path, body, decode, options) => request("POST", path, body, decode, options),
    put: (path, body, decode, options) => request("PUT", path, body, decode, options),
    patch: (path, body, decode, options) => request("PATCH", path, body, decode, options),
    delete: (path, decode, options) => request("DELETE", path, undefined, decode, options),
  };
}

/** The whole address of a path of the API, with its query. */
export function apiUrl(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text === "" ? `${BASE}${path}` : `${BASE}${path}?${text}`;
}

async function answered(
  fetcher: typeof fetch,
  method: string,
  path: string,
  body: unknown,
  options: RequestOptions,
): Promise<Response> {
  const expiry = AbortSignal.timeout(options.timeout ?? TIMEOUT);
  const signal = options.signal === undefined ? expiry : AbortSignal.any([options.signal, expiry]);
  const headers = new Headers({ Accept: "application/json" });
  const init: RequestInit = { method, headers, signal, credentials: "same-origin" };
  if (body instanceof Blob) {
    init.body = body;
    headers.set("Content-Type", body.type === "" ? "application/octet-stream" : body.type);
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    headers.set("Content-Type", "application/json");
  }
  try {
    return await fetcher(apiUrl(path, options.query), init);
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    if (expiry.aborted) throw new ApiError(0, "timeout", `${method} ${path} was not answered in time`);
    throw new ApiError(0, "offline", `${method} ${path}: ${String(error)}`);
  }
}

async function decoded<T>(response: Response, path: string, decode: Decoder<T>): Promise<T> {
  try {
    return decode(response.status === 204 ? undefined : await response.json());
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError)
      throw new ApiError(0, "invalid-response", `${path}: ${error.message}`);
    throw error;
  }
}

const decodeProblem = object({ code: string, message: string });

async function problem(response: Response): Promise<ApiError> {
  const wait = Number.parseFloat(response.headers.get("Retry-After") ?? "");
  const retryAfter = Number.isFinite(wait) ? wait : null;
  try {
    const { code, message } = decodeProblem(await response.json());
    return new ApiError(response.status, code, message, retryAfter);
  } catch {
    // A proxy's page, say: the status still tells what happened.
    const code = response.status >= 500 ? "unavailable" : "unexpected";
    return new ApiError(response.status, code, `the server answered ${response.status}`, retryAfter);
  }
}

const EXPLANATIONS: Readonly<Record<string, MessageKey>> = {
  offline: "common.errorOffline",
  timeout: "common.errorTimeout",
  "rate-limited": "common.errorRateLimited",
  unavailable: "common.errorUnavailable",
  forbidden: "common.errorForbidden",
  "not-found": "common.errorNotFound",
  "too-large": "common.errorTooLarge",
};

/** What to tell people about a failure, in their language. Errors that are not an ApiError are faults of ours. */
export function explain(error: unknown): string {
  const key = error instanceof ApiError ? EXPLANATIONS[error.code] : undefined;
  return t(key ?? "common.errorUnexpected");
}

let sessionEnded: () => void = () => undefined;

/** Be told when the server says that nobody is signed in any more. The session does this, once. */
export function onUnauthenticated(listener: () => void): void {
  sessionEnded = listener;
}

/** The server that this page came from. */
export const api: Api = createApi(
  (input, init) => fetch(input, init),
  () => sessionEnded(),
);
