/** What the server says about itself to everybody. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { decodeServer, type ServerInfo } from "./account";
import { ApiError, api } from "./api";

const info = signal<ServerInfo | null>(null);

/** The server's domain and rules; null until it has answered, or while it cannot be reached. */
export function useServer(): ServerInfo | null {
  useEffect(() => void loadServer(), []);
  return info.value;
}

async function loadServer(): Promise<void> {
  if (info.value !== null) return;
  try {
    info.value = await api.get("/server", decodeServer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // the form says so when it is sent
  }
}
