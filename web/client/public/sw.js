// @ts-check
/// <reference lib="webworker" />
// The service worker: keeps the application's page, scripts and styles, so that it opens without a network.
//
// Pages come from the network while there is one, else from here. Files under /assets/ have a hash of their content
// in their names, and so never change. The build's manifest says which of them belong together: all of them are
// kept, also those that a page loads later, and those of the build before, for tabs that still run it. Nothing else
// is touched: no request to the API, no attachment, no socket.

const CACHE = "groundswell-shell-1";
const PAGE = "/";
const MANIFEST = "/.vite/manifest.json"; // see "manifest" in vite.config.ts
const PATIENCE = 4000; // ms until a page that the network does not bring comes from here
const PAGES = /^\/(?:$|inbox$|folder\/|search$|wave\/|settings(?:$|\/)|signin$|register$)/;
const UNREACHABLE = new Set([502, 503, 504]);

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  event.waitUntil(
    fetch(PAGE, { cache: "no-cache" })
      .then((page) => keepShell(page))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(deleteOldCaches().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && PAGES.test(url.pathname)) event.respondWith(page(event));
});

async function deleteOldCaches() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("groundswell-") && name !== CACHE).map((name) => caches.delete(name)));
}

/** @param {Request} request */
async function asset(request) {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(CACHE)).put(request, response.clone());
  return response;
}

/**
 * The page from the network, or from here when the network does not bring it in time.
 * @param {FetchEvent} event
 */
async function page(event) {
  const kept = await caches.match(PAGE);
  const fetched = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(keepShell(response.clone()));
    return UNREACHABLE.has(response.status) && kept !== undefined ? kept : response;
  });
  if (kept === undefined) return fetched;
  const late = new Promise((resolve) => setTimeout(() => resolve(kept), PATIENCE));
  return Promise.race([fetched.catch(() => kept), late]);
}

/**
 * Keep a page and all files of its build, unless they are kept already.
 * @param {Response} page
 */
async function keepShell(page) {
  if (!page.ok) throw new Error(`the server answered ${page.status} for its page`);
  const cache = await caches.open(CACHE);
  const [before, text] = [await (await cache.match(PAGE))?.text(), await page.clone().text()];
  if (before === text) return;
  const manifest = await fetch(MANIFEST, { cache: "no-cache" });
  if (!manifest.ok) throw new Error(`the server answered ${manifest.status} for the list of its files`);
  const previous = filesOf(await (await cache.match(MANIFEST))?.json());
  const files = filesOf(await manifest.clone().json());
  const missing = await Promise.all(files.map(async (file) => ((await cache.match(file)) === undefined ? [file] : [])));
  await cache.addAll(missing.flat());
  await cache.put(MANIFEST, manifest);
  await cache.put(PAGE, page); // last: a page that is kept has all its files
  const wanted = new Set([PAGE, MANIFEST, ...files, ...previous]);
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    if (!wanted.has(pathname)) await cache.delete(pathname);
  }
}

/**
 * The paths of all files that a manifest of Vite's names.
 * @param {Record<string, {file: string, css?: string[], assets?: string[]}> | undefined} manifest
 */
function filesOf(manifest) {
  const entries = Object.values(manifest ?? {});
  const names = entries.flatMap(({ file, css = [], assets = [] }) => [file, ...css, ...assets]);
  return [...new Set(names)].map((name) => `/${name}`);
}
