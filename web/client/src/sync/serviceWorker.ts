/** Lets the application open without a network, by the service worker in `public/sw.js`. */

/**
 * Register the service worker, once per page and in built pages only: while developing, the page comes from Vite.
 * Resolves to whether there is one; browsers allow it only over https and on the own machine.
 */
export async function registerServiceWorker(): Promise<boolean> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    return true;
  } catch {
    return false; // refused by the browser's settings, or no network: everything works but opening offline
  }
}
