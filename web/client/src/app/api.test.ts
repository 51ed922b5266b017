import { describe, expect, it, vi } from "vitest";
import { ApiError, apiUrl, createApi, explain } from "./api";
import { nothing, number, object } from "./decode";

type Fetch = typeof fetch;
const decodeCount = object({ count: number });

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Fetch {
  return async () => new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

/** Waits like a server that never answers, until the request is given up. */
const silent: Fetch = (_, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));

async function failure(attempt: Promise<unknown>): Promise<ApiError> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`);
  return error;
}

describe("a request", () => {
  it("sends JSON and returns what the decoder makes of the answer", async () => {
    const fetcher = vi.fn(answering(200, { count: 3, more: true }));
    const api = createApi(fetcher, () => undefined);
    expect(await api.post("/things", { name: "😀" }, decodeCount)).toEqual({ count: 3 });
    const [url, init] = fetcher.mock.calls[0] ?? [];
    expect(url).toBe("/api/v1/things");
    expect(init?.body).toBe('{"name":"😀"}');
  });

  it("sends files as they are, with their type", async () => {
    const fetcher = vi.fn(answering(204, undefined));
    const file = new Blob(["x"], { type: "image/png" });
    await createApi(fetcher, () => undefined).put("/account/avatar", file, nothing);
    const init = fetcher.mock.calls[0]?.[1];
    expect(init?.body).toBe(file);
    expect(new Headers(init?.headers).get("Content-Type")).toBe("image/png");
  });

  it("repeats the name of a parameter for each value of a list, and leaves out what is undefined", () => {
    expect(apiUrl("/profiles", { address: ["a@x", "b@x"], limit: 2, cursor: undefined })).toBe(
      "/api/v1/profiles?address=a%40x&address=b%40x&limit=2",
    );
  });

  it("fails with the code and message of the server, and how long it asks to wait", async () => {
    const fetcher = answering(429, { code: "rate-limited", message: "slowly" }, { "Retry-After": "7" });
    const error = await failure(createApi(fetcher, () => undefined).get("/x", nothing));
    expect([error.status, error.code, error.message, error.retryAfter]).toEqual([429, "rate-limited", "slowly", 7]);
  });

  it("tells when nobody is signed in any more, but not of a wrong password", async () => {
    const told = vi.fn();
    const api = createApi(answering(401, { code: "unauthenticated", message: "who" }), told);
    await failure(api.post("/session", {}, nothing));
    expect(told).not.toHaveBeenCalled();
    await failure(api.get("/waves", nothing));
    expect(told).toHaveBeenCalledOnce();
  });

  it("says that a proxy's page is not an answer", async () => {
    const fetcher: Fetch = async () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    expect((await failure(createApi(fetcher, () => undefined).get("/x", nothing))).code).toBe("unavailable");
  });

  it("refuses an answer of another shape than promised", async () => {
    const error = await failure(createApi(answering(200, { count: "three" }), () => undefined).get("/x", decodeCount));
    expect([error.code, error.message]).toEqual(["invalid-response", "/x: count: expected a number, found string"]);
  });

  it("gives up when the server does not answer in time", async () => {
    const error = await failure(createApi(silent, () => undefined).get("/x", nothing, { timeout: 1 }));
    expect(error.code).toBe("timeout");
  });

  it("rejects with the caller's reason when it is aborted", async () => {
    const controller = new AbortController();
    const attempt = createApi(silent, () => undefined).get("/x", nothing, { signal: controller.signal });
    controller.abort("not needed");
    await expect(attempt).rejects.toBe("not needed");
  });

  it("says that the server cannot be reached when there is no connection", async () => {
    const fetcher: Fetch = async () => {
      throw new TypeError("Failed to fetch");
    };
    const error = await failure(createApi(fetcher, () => undefined).get("/x", nothing));
    expect(error.code).toBe("offline");
    expect(explain(error)).toContain("cannot be reached");
  });
});
