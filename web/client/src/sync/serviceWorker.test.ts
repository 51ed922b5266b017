import { readFileSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";

const SOURCE = readFileSync(new URL("../../public/sw.js", import.meta.url), "utf8");
const ORIGIN = "https://wave.example.com";

/** The files of a server, by path. A path that is not there answers 404. */
let files: Map<string, string>;
let reachable: boolean;
let asked: string[];
let caches: CachesForTests;
let worker: Map<string, (event: object) => void>;

type Handed = Request | string;

function pathOf(request: Handed): string {
  return new URL(typeof request === "string" ? request : request.url, ORIGIN).pathname;
}

class CacheForTests {
  readonly entries = new Map<string, Response>();

  async match(request: Handed): Promise<Response | undefined> {
    return this.entries.get(pathOf(request))?.clone();
  }

  async put(request: Handed, response: Response): Promise<void> {
    this.entries.set(pathOf(request), response);
  }

  async addAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.put(path, await answered(path));
  }

  async keys(): Promise<readonly { url: string }[]> {
    return [...this.entries.keys()].map((path) => ({ url: ORIGIN + path }));
  }

  async delete(path: string): Promise<boolean> {
    return this.entries.delete(path);
  }
}

class CachesForTests {
  readonly caches = new Map<string, CacheForTests>();

  async open(name: string): Promise<CacheForTests> {
    const cache = this.caches.get(name) ?? new CacheForTests();
    this.caches.set(name, cache);
    return cache;
  }

  async match(request: Handed): Promise<Response | undefined> {
    for (const cache of this.caches.values()) {
      const found = await cache.match(request);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async keys(): Promise<string[]> {
    return [...this.caches.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.caches.delete(name);
  }
}

async function answered(request: Handed): Promise<Response> {
  const path = pathOf(request);
  asked.push(path);
  if (!reachable) throw new TypeError("no network");
  const body = path.startsWith("/wave/") ? files.get("/") : files.get(path);
  return body === undefined ? new Response("", { status: 404 }) : new Response(body);
}

/** Let the worker handle an event, and wait for all that it wants to be waited for. */
async function happens(name: string, event: object = {}): Promise<Response | undefined> {
  const waited: Promise<unknown>[] = [];
  let response: Promise<Response> | undefined;
  worker.get(name)?.({
    ...event,
    waitUntil: (work: Promise<unknown>) => waited.push(work),
    respondWith: (answer: Promise<Response>) => {
      response = answer;
    },
  });
  const answer = await response;
  for (let next = waited.shift(); next !== undefined; next = waited.shift()) await next;
  return answer;
}

function get(path: string, mode = "cors", method = "GET"): Promise<Response | undefined> {
  return happens("fetch", { request: { url: ORIGIN + path, mode, method } });
}

function visit(path: string): Promise<Response | undefined> {
  return get(path, "navigate");
}

function build(name: string, ...chunks: string[]): void {
  files = new Map([["/", `<script src="/assets/${name}.js">`]]);
  const manifest: Record<string, object> = { "index.html": { file: `assets/${name}.js`, css: [`assets/${name}.css`] } };
  for (const chunk of chunks) manifest[chunk] = { file: `assets/${chunk}.js` };
  for (const file of [`${name}.js`, `${name}.css`, ...chunks.map((chunk) => `${chunk}.js`)]) {
    files.set(`/assets/${file}`, `content of ${file}`);
  }
  files.set("/.vite/manifest.json", JSON.stringify(manifest));
}

beforeEach(async () => {
  asked = [];
  reachable = true;
  caches = new CachesForTests();
  worker = new Map();
  build("one", "lazy");
  const self = {
    location: { origin: ORIGIN },
    addEventListener: (name: string, listener: (event: object) => void) => worker.set(name, listener),
    skipWaiting: async () => undefined,
    clients: { claim: async () => undefined },
  };
  new Function("self", "caches", "fetch", SOURCE)(self, caches, answered);
  await happens("install");
  await happens("activate");
});

test("any page of the application opens without a network, with all its files", async () => {
  reachable = false;
  expect(await (await visit("/wave/example.com/w+abc"))?.text()).toContain("/assets/one.js");
  for (const file of ["one.js", "one.css", "lazy.js"]) {
    expect(await (await get(`/assets/${file}`))?.text()).toBe(`content of ${file}`);
  }
});

test("a page comes from the network while there is one, and files from here", async () => {
  asked = [];
  await visit("/");
  await get("/assets/one.js");
  expect(asked).toEqual(["/"]);
});

test("a new build is kept whole, and the one before for tabs that still run it", async () => {
  for (const [name, kept, gone] of [
    ["two", ["one", "two"], []],
    ["three", ["two", "three"], ["one"]],
  ] as const) {
    build(name);
    await visit("/");
    reachable = false;
    expect(await (await visit("/inbox"))?.text()).toContain(`/assets/${name}.js`);
    for (const build of kept) expect((await get(`/assets/${build}.js`))?.ok).toBe(true);
    for (const build of gone) await expect(get(`/assets/${build}.js`)).rejects.toThrow("no network");
    reachable = true;
  }
});

test("a proxy that cannot reach the server does not hide the page", async () => {
  files.delete("/");
  const failing = vi.fn(async () => new Response("bad gateway", { status: 502 }));
  new Function("self", "caches", "fetch", SOURCE)(
    { location: { origin: ORIGIN }, addEventListener: (name: string, listener: never) => worker.set(name, listener) },
    caches,
    failing,
  );
  expect(await (await visit("/"))?.text()).toContain("/assets/one.js");
});

test("the API, other pages, other sites and what changes something are left alone", async () => {
  asked = [];
  expect(await get("/api/v1/waves")).toBeUndefined();
  expect(await visit("/api/v1/docs")).toBeUndefined();
  expect(await get("/", "cors", "POST")).toBeUndefined();
  expect(
    await happens("fetch", { request: { url: "https://other.example/", mode: "navigate", method: "GET" } }),
  ).toBeUndefined();
  expect(asked).toEqual([]);
});

test("caches of earlier versions are removed, and nobody else's", async () => {
  await caches.open("groundswell-shell-0");
  await caches.open("somebody-else");
  await happens("activate");
  expect(await caches.keys()).toEqual(["groundswell-shell-1", "somebody-else"]);
});
