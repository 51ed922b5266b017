/** What the browser tells synchronisation: where the server is, whose session this is, and news of the page. */

import type { WhoAmI } from "./connection";

const UNAUTHENTICATED = 401;

/** The socket's URL at a server whose pages are at `url`, `https://…`. */
export function socketUrl(url: string): string {
  return `${url.replace(/\/+$/, "").replace(/^http/, "ws")}/socket`;
}

/** Asks the server at `url` whose session this browser has. */
export function sessionOwner(url: string): WhoAmI {
  return async () => {
    const response = await fetch(`${url.replace(/\/+$/, "")}/api/v1/session`, {
      credentials: "same-origin",
      cache: "no-store",
    });
    if (response.status === UNAUTHENTICATED) return null;
    if (!response.ok) throw new Error(`the server answered ${response.status}: try again later`);
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "address" in body && typeof body.address === "string") {
      return body.address;
    }
    throw new Error("the server's answer does not say who is signed in");
  };
}

/** Between tabs; a BroadcastChannel is one. What is posted reaches the others, not oneself. */
export interface Channel {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** News of the page: it, or the network, is back; there is no network; it may be about to end. */
export type PageEvent = "woke" | "offline" | "leaving";

/** Listen to news of the page. Returns what ends that. */
export type PageEvents = (listener: (event: PageEvent) => void) => () => void;

/** What the browser tells of this page. */
export const browserPageEvents: PageEvents = (listener) => {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = () => listener(document.visibilityState === "visible" ? "woke" : "leaving");
  document.addEventListener("visibilitychange", seen, { signal });
  window.addEventListener("focus", () => listener("woke"), { signal }); // it may have been visible all the time
  window.addEventListener("online", () => listener("woke"), { signal });
  window.addEventListener("offline", () => listener("offline"), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && listener("woke"), { signal });
  window.addEventListener("pagehide", () => listener("leaving"), { signal });
  return () => controller.abort();
};
