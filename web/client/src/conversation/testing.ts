/** A wavelet for tests: documents that change by operations, and the server's rules about them. */
import { WaveDocument, type WaveletOperation } from "../ot";
import { type Blip, type Conversation, MANIFEST, readConversation, type Thread } from "./manifest";

/** Children by parent, "" being the top level: wave_server/schema.py, MANIFEST, BLIP (what we write) and TAGS. */
const CHILDREN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  manifest: { "": ["conversation"], conversation: ["blip"], blip: ["thread", "peer"], thread: ["blip"] },
  blip: { "": ["body"], body: ["line", "reply", "image"] },
  tags: { "": ["tag"] },
};

/** The server's patterns of attribute values: wave_server/schema.py, MANIFEST. */
const VALUES: Readonly<Record<string, RegExp>> = {
  anchorWavelet: /^\S+[!/]conv\+\S+$/u,
  anchorBlip: /^b\+\S+$/u,
  anchorManifestOffset: /^[0-9]{1,19}$/u,
  anchorVersion: /^[0-9]{1,19}$/u,
  deleted: /^(true|false)$/u,
  inline: /^(true|false)$/u,
};

/** A wavelet's state. Operations that do not apply, or break the schema, raise. */
export class TestWavelet {
  readonly participants: string[] = [];
  readonly #documents = new Map<string, WaveDocument>();

  readonly document = (id: string): WaveDocument | undefined => this.#documents.get(id);

  apply(operations: readonly WaveletOperation[]): this {
    for (const operation of operations) {
      if ("add" in operation) this.#add(operation.add);
      if ("remove" in operation) this.participants.splice(this.participants.indexOf(operation.remove), 1);
      if ("doc" in operation) this.#change(operation);
    }
    return this;
  }

  conversation(): Conversation {
    const conversation = readConversation(this.document(MANIFEST));
    if (conversation === null) throw new Error("there is no manifest");
    return conversation;
  }

  text(blip: string): string {
    return this.document(blip)?.text() ?? "";
  }

  /** All documents with something in them, as operations: what two states have to agree in. */
  contents(): Readonly<Record<string, unknown>> {
    const filled = [...this.#documents].filter(([, document]) => document.size > 0);
    return Object.fromEntries(filled.map(([id, document]) => [id, document.toOp()]));
  }

  #add(address: string): void {
    if (this.participants.includes(address)) throw new Error(`${address} takes part already`);
    this.participants.push(address);
  }

  #change({ doc: id, op }: Extract<WaveletOperation, { readonly doc: string }>): void {
    const document = this.#documents.get(id) ?? WaveDocument.empty();
    document.apply(op);
    this.#documents.set(id, document);
    check(document, id.startsWith("b+") ? "blip" : id === "tags" ? "tags" : "manifest");
  }
}

function check(document: WaveDocument, kind: string): void {
  const open: string[] = [];
  let first = true;
  for (const run of document.runs()) {
    const parent = open.at(-1) ?? "";
    if (run.kind === "text" && parent !== "body" && parent !== "tag") throw new Error(`text in ${parent || "nothing"}`);
    if (run.kind === "end") open.pop();
    if (run.kind !== "start") continue;
    if (!CHILDREN[kind]?.[parent]?.includes(run.type)) throw new Error(`${run.type} in ${parent || "nothing"}`);
    if (parent === "" && kind === "manifest" && !first) throw new Error("a second root");
    for (const [name, value] of Object.entries(run.attributes)) {
      if (VALUES[name]?.test(value) === false) throw new Error(`${name}=${value}`);
    }
    open.push(run.type);
    first = false;
  }
}

/** All blips that are not deleted, in the order in which they are read: a blip, its replies, the next one. */
export function* readingOrder(thread: Thread): Iterable<Blip> {
  for (const blip of thread.blips) {
    if (!blip.deleted) yield blip;
    for (const reply of blip.threads) yield* readingOrder(reply);
  }
}
