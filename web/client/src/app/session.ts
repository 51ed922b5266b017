/** The session of this tab: who is signed in, their SyncClient, and what happens when the server or another tab ends it. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { domainOf } from "../conversation/names";
import type { SyncClient } from "../sync/types";
import { type Account, decodeAccount } from "./account";
import { ApiError, api, onUnauthenticated } from "./api";
import { nothing, object, string } from "./decode";
import { forgetInbox } from "./keptInbox";
import { people } from "./people";
import { store, stored } from "./preferences";
import { afterFinding, beginning, type Finding, type SessionState } from "./sessionState";

const ADDRESS_KEY = "groundswell.address"; // who used this browser last, for starting without a connection

const decodeSession = object({ address: string });
const state = signal<SessionState>({ kind: "starting" });
const profile = signal<Account | null>(null);

/** Who uses this page now. */
export const session: ReadonlySignal<SessionState> = state;

/** Their account, once it has been fetched. */
export const account: ReadonlySignal<Account | null> = profile;

/** Their address; null while nobody is signed in. */
export const self: ReadonlySignal<string | null> = computed(() =>
  state.value.kind === "signed-in" ? state.value.address : null,
);

/** Find out who is signed in, and begin. Called once. */
export async function startSession(): Promise<void> {
  onUnauthenticated(() => conclude({ kind: "nobody" }));
  window.addEventListener("storage", (event) => {
    if (event.key === ADDRESS_KEY) void verifySession(); // another tab signed in or out
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void verifySession();
  });
  await restart();
}

/** Ask the server anew who is signed in, after it could not be reached. */
export async function restart(): Promise<void> {
  const next = beginning(await find(), stored(ADDRESS_KEY));
  if ("begin" in next) await begin(next.begin);
  else state.value = next.state;
}

/** Sign in. Rejects with ApiError: "unauthenticated" for a wrong address or password. */
export async function signIn(address: string, password: string): Promise<void> {
  const answer = await api.post("/session", { address, password }, decodeSession);
  await begin(answer.address);
}

/** Sign in after an account was made, which the server has done already. */
export async function begin(address: string): Promise<void> {
  const { createSyncClient } = await import("../sync");
  const client = await createSyncClient({ url: window.location.origin, address });
  store(ADDRESS_KEY, address);
  people.readBy(domainOf(address));
  state.value = { kind: "signed-in", address, client, standing: { kind: "good" } };
  watchConnection(client);
  await loadAccount();
}

/** Renew an expired session of the same person, keeping the page. Rejects with ApiError. */
export async function signInAgain(password: string): Promise<void> {
  if (state.value.kind !== "signed-in") return;
  const answer = await api.post("/session", { address: state.value.address, password }, decodeSession);
  conclude({ kind: "somebody", address: answer.address });
}

/**
 * End the session, and leave no copies of waves on this device. Drafts stay, and what is not saved: it is sent when
 * the same person signs in here again.
 */
export async function signOut(): Promise<void> {
  if (state.value.kind !== "signed-in") return;
  const { address, client } = state.value;
  await api.delete("/session", nothing);
  await client.close();
  if (client.storage.peek() === "kept") await (await import("../sync")).forgetCopies(address);
  store(ADDRESS_KEY, null);
  forgetInbox();
  profile.value = null;
  state.value = { kind: "signed-out" };
}

/** Leave a session that another tab has replaced: the page starts anew for whoever is signed in now. */
export async function leaveSession(): Promise<void> {
  if (state.value.kind === "signed-in") await state.value.client.close();
  window.location.assign("/");
}

/** Take over what the server said about the account after it was changed. */
export function accountChanged(changed: Account): void {
  profile.value = changed;
  people.refresh(changed.address);
}

/** Ask whether the session still stands, and whether it is the same person's. */
async function verifySession(): Promise<void> {
  if (state.value.kind === "signed-in") conclude(await find());
}

function conclude(finding: Finding): void {
  const before = state.value;
  const after = afterFinding(before, finding);
  if (after === before || after.kind !== "signed-in" || before.kind !== "signed-in") return;
  if (after.standing.kind === before.standing.kind) return;
  state.value = after;
  if (after.standing.kind === "good") after.client.retry();
  if (after.standing.kind === "taken") void after.client.close(); // nothing of theirs may go out as somebody else's
}

async function find(): Promise<Finding> {
  try {
    const { address } = await api.get("/session", decodeSession);
    return { kind: "somebody", address };
  } catch (error) {
    if (error instanceof ApiError) return { kind: error.status === 401 ? "nobody" : "no-answer" };
    throw error;
  }
}

/** The socket learns of an expired session on its own. */
function watchConnection(client: SyncClient): void {
  effect(() => {
    if (client.connection.value === "signed-out") void verifySession();
  });
}

async function loadAccount(): Promise<void> {
  try {
    profile.value = await api.get("/account", decodeAccount);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // without it the page works: names come from addresses
  }
}
