/** Which domain signed what, as the server tells it when somebody wants to know. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Api, ApiError, api } from "../app/api";
import { array, nullable, number, object, string } from "../app/decode";

/** Somebody's contribution: an author's text in a wavelet, and the version that the delta led to. */
export interface Contribution {
  readonly wavelet: string;
  readonly author: string;
  readonly version: number;
}

/** What is known of its signature. "absent": the server has nothing of it yet. `at` is in ms since 1970. */
export type Signing =
  | { readonly kind: "loading" | "unsigned" | "absent" | "unknown" }
  | { readonly kind: "signed"; readonly domain: string; readonly at: number };

const decodeSignatures = object({
  signatures: array(
    object<{ version: number; signed_by: string | null; verified_at: number | null }>({
      version: number,
      signed_by: nullable(string),
      verified_at: nullable(number),
    }),
  ),
});

/** Fetches signatures and keeps them: what is signed never changes. */
export class Signatures {
  readonly #server: Api;
  readonly #known = new Map<string, Signal<Signing>>();

  constructor(server: Api) {
    this.#server = server;
  }

  /** The signature of a contribution; asked for now, unless the answer is here for good. */
  of(contribution: Contribution): ReadonlySignal<Signing> {
    const key = `${contribution.wavelet} ${contribution.author} ${contribution.version}`;
    const found = this.#known.get(key) ?? signal<Signing>({ kind: "absent" });
    this.#known.set(key, found);
    if (isPassing(found.peek())) void this.#fetch(contribution, found);
    return found;
  }

  async #fetch({ wavelet, author, version }: Contribution, into: Signal<Signing>): Promise<void> {
    into.value = { kind: "loading" };
    try {
      const query = { wavelet, author, version };
      const [first] = (await this.#server.get("/wavelets/signatures", decodeSignatures, { query })).signatures;
      if (first === undefined) into.value = { kind: "absent" };
      else if (first.signed_by === null) into.value = { kind: "unsigned" };
      else into.value = { kind: "signed", domain: first.signed_by, at: first.verified_at ?? 0 };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      into.value = { kind: "unknown" }; // asked again when somebody next wants to know
    }
  }
}

function isPassing({ kind }: Signing): boolean {
  return kind === "absent" || kind === "unknown";
}

/** The signatures that the server of this page knows. */
export const signatures = new Signatures(api);
