/** Accounts, their sessions, and what the server lets strangers do. */
import { array, boolean, type Decoder, nullable, number, object, oneOf, string } from "./decode";

export interface Account {
  readonly address: string;
  /** The name that others see; null until one is given. */
  readonly name: string | null;
  readonly avatar: string | null;
  /** ms since 1970. */
  readonly created: number;
}
export const decodeAccount: Decoder<Account> = object<Pick<Account, keyof Account>>({
  address: string,
  name: nullable(string),
  avatar: nullable(string),
  created: number,
});

/** A browser that somebody is signed in with. */
export interface SessionInfo {
  readonly id: number;
  readonly user_agent: string;
  readonly created: number;
  readonly seen: number;
  /** The one that asks. */
  readonly current: boolean;
}
export const decodeSessions: Decoder<{ readonly sessions: readonly SessionInfo[] }> = object({
  sessions: array(
    object<Pick<SessionInfo, keyof SessionInfo>>({
      id: number,
      user_agent: string,
      created: number,
      seen: number,
      current: boolean,
    }),
  ),
});

export interface ServerInfo {
  readonly domain: string;
  readonly registration: "open" | "invite" | "closed";
  /** The largest file that it takes. */
  readonly attachment_bytes: number;
}
export const decodeServer: Decoder<ServerInfo> = object<Pick<ServerInfo, keyof ServerInfo>>({
  domain: string,
  registration: oneOf("open", "invite", "closed"),
  attachment_bytes: number,
});
