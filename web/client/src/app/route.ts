/** What the page's address says is shown. Pure: addresses to routes and back. */

export const SETTINGS_SECTIONS = ["profile", "password", "sessions", "appearance", "shortcuts"] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];

/** A list of waves. */
export type ListRoute =
  | { readonly kind: "inbox" }
  | { readonly kind: "folder"; readonly name: string }
  | { readonly kind: "search"; readonly query: string };

export type Route =
  | ListRoute
  /** `wave` is "domain/id"; `blip` the document to go to, or null. */
  | { readonly kind: "wave"; readonly wave: string; readonly blip: string | null }
  | { readonly kind: "history"; readonly wave: string }
  | { readonly kind: "settings"; readonly section: SettingsSection }
  /** `next` is the address within the application to go on to. */
  | { readonly kind: "signin"; readonly next: string | null }
  | { readonly kind: "register"; readonly invitation: string | null }
  | { readonly kind: "unknown" };

/** The route of an address. Whatever cannot be read is "unknown", never an error. */
export function parseRoute(location: {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}): Route {
  const parts = decodedParts(location.pathname);
  if (parts === null) return { kind: "unknown" };
  const query = new URLSearchParams(location.search);
  const [page, first, second, third] = parts;
  switch (page) {
    case undefined:
    case "inbox":
      return parts.length <= 1 ? { kind: "inbox" } : { kind: "unknown" };
    case "folder":
      return first !== undefined && parts.length === 2 ? { kind: "folder", name: first } : { kind: "unknown" };
    case "search":
      return { kind: "search", query: query.get("q") ?? "" };
    case "wave":
      return waveRoute(first, second, third, parts.length, location.hash);
    case "settings":
      return settingsRoute(first);
    case "signin":
      return { kind: "signin", next: within(query.get("next")) };
    case "register":
      return { kind: "register", invitation: query.get("invitation") };
    default:
      return { kind: "unknown" };
  }
}

/** The address of a route. */
export function pathOf(route: Route): string {
  switch (route.kind) {
    case "inbox":
      return "/inbox";
    case "folder":
      return `/folder/${encode(route.name)}`;
    case "search":
      return route.query === "" ? "/search" : `/search?${new URLSearchParams({ q: route.query })}`;
    case "wave":
      return `/wave/${route.wave.split("/").map(encode).join("/")}${route.blip === null ? "" : `#${encode(route.blip)}`}`;
    case "history":
      return `/wave/${route.wave.split("/").map(encode).join("/")}/history`;
    case "settings":
      return `/settings/${route.section}`;
    case "signin":
      return route.next === null ? "/signin" : `/signin?${new URLSearchParams({ next: route.next })}`;
    case "register":
      return route.invitation === null
        ? "/register"
        : `/register?${new URLSearchParams({ invitation: route.invitation })}`;
    case "unknown":
      return "/";
  }
}

/** Whether a route is a list of waves. */
export function isList(route: Route): route is ListRoute {
  return route.kind === "inbox" || route.kind === "folder" || route.kind === "search";
}

function waveRoute(
  domain: string | undefined,
  id: string | undefined,
  last: string | undefined,
  length: number,
  hash: string,
): Route {
  if (domain === undefined || id === undefined) return { kind: "unknown" };
  const wave = `${domain}/${id}`;
  if (length === 3) return { kind: "wave", wave, blip: decoded(hash.slice(1)) || null };
  return length === 4 && last === "history" ? { kind: "history", wave } : { kind: "unknown" };
}

function settingsRoute(name: string | undefined): Route {
  const section = name === undefined ? "profile" : SETTINGS_SECTIONS.find((known) => known === name);
  return section === undefined ? { kind: "unknown" } : { kind: "settings", section };
}

/** Only addresses of this application: "//evil.example" and "https:…" lead elsewhere. */
function within(next: string | null): string | null {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : null;
}

function decodedParts(pathname: string): readonly string[] | null {
  const parts = pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  return parts.some((part) => part === null) ? null : (parts as readonly string[]);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // not an encoding of anything
  }
}

/** As encodeURIComponent, but for what paths and fragments may hold as it is and wave ids are full of. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%2B/g, "+").replace(/%40/g, "@");
}
