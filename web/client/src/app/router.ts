/** The route that is shown, and going elsewhere; the browser's history is the only stack there is. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { isList, type ListRoute, parseRoute, pathOf, type Route } from "./route";

export * from "./route";

const current = signal<Route>(typeof window === "undefined" ? { kind: "inbox" } : parseRoute(window.location));
const list = signal<ListRoute>(isList(current.value) ? current.value : { kind: "inbox" });

/** What the page's address says is shown. */
export const route: ReadonlySignal<Route> = current;

/** The list of waves beside it: the last that was shown. */
export const listRoute: ReadonlySignal<ListRoute> = list;

/** Go to a route or an address of the application; `replace` takes the place of the present entry of the history. */
export function navigate(to: Route | string, options: { readonly replace?: boolean } = {}): void {
  const path = typeof to === "string" ? to : pathOf(to);
  const depth = historyDepth();
  if (options.replace === true) window.history.replaceState({ depth }, "", path);
  else if (path !== addressOf(window.location)) window.history.pushState({ depth: depth + 1 }, "", path);
  read();
}

/** One step back within the application, or to `fallback` when this is where it was entered. */
export function goBack(fallback: Route): void {
  if (historyDepth() > 0) window.history.back();
  else navigate(fallback, { replace: true });
}

/** Follow the browser's back and forward buttons, and links within the application. Returns what ends it. */
export function startRouter(): () => void {
  window.addEventListener("popstate", read);
  document.addEventListener("click", followLink);
  read();
  return () => {
    window.removeEventListener("popstate", read);
    document.removeEventListener("click", followLink);
  };
}

function read(): void {
  const next = parseRoute(window.location);
  if (isList(next)) list.value = next;
  current.value = next;
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return; // a new tab, a download
  const target = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(target instanceof HTMLAnchorElement) || target.origin !== window.location.origin) return;
  if ((target.target !== "" && target.target !== "_self") || target.hasAttribute("download")) return;
  if (target.getAttribute("href")?.startsWith("#") === true || parseRoute(target).kind === "unknown") return;
  event.preventDefault();
  navigate(addressOf(target));
}

function addressOf(location: { readonly pathname: string; readonly search: string; readonly hash: string }): string {
  return `${location.pathname}${location.search}${location.hash}`;
}

function historyDepth(): number {
  const state: unknown = window.history.state;
  if (typeof state !== "object" || state === null || !("depth" in state)) return 0;
  return typeof state.depth === "number" ? state.depth : 0;
}
