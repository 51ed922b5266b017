/** Who uses the page, and what happens to that: pure; session.ts carries it out. */
import type { SyncClient } from "../sync/types";

export type SessionState =
  | { readonly kind: "starting" }
  /** Nobody is known here, and the server cannot be asked. */
  | { readonly kind: "unreachable" }
  | { readonly kind: "signed-out" }
  | {
      readonly kind: "signed-in";
      readonly address: string;
      readonly client: SyncClient;
      /**
       * "expired": the server does not know the session any more; what is typed is kept here until they sign in again.
       * "taken": the browser belongs to somebody else now, by another tab; nothing is sent until that is settled.
       */
      readonly standing:
        | { readonly kind: "good" }
        | { readonly kind: "expired" }
        | { readonly kind: "taken"; readonly by: string };
    };

/** What the server, or another tab, said about who is signed in: an address, nobody, or no answer at all. */
export type Finding =
  | { readonly kind: "somebody"; readonly address: string }
  | { readonly kind: "nobody" }
  | { readonly kind: "no-answer" };

/** What to do at the start, knowing who used this browser last. */
export function beginning(
  finding: Finding,
  remembered: string | null,
): { readonly begin: string } | { readonly state: SessionState } {
  switch (finding.kind) {
    case "somebody":
      return { begin: finding.address };
    case "nobody":
      return { state: { kind: "signed-out" } };
    case "no-answer": // offline: what is kept here can be read and edited
      return remembered === null ? { state: { kind: "unreachable" } } : { begin: remembered };
  }
}

/** How a session stands after a finding. What is not about a signed-in page changes nothing. */
export function afterFinding(state: SessionState, finding: Finding): SessionState {
  if (state.kind !== "signed-in" || finding.kind === "no-answer") return state;
  if (finding.kind === "nobody") return { ...state, standing: { kind: "expired" } };
  if (finding.address !== state.address) return { ...state, standing: { kind: "taken", by: finding.address } };
  return { ...state, standing: { kind: "good" } };
}
