/**
 * One wavelet of an open wave, as signals: its manifest, its people, its tags, and what is known of each blip.
 *
 * The replica says what changed; each blip has signals of its own, so that a keystroke in one touches no other.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type BlipActivity,
  type Conversation,
  changed,
  changesText,
  isUnread,
  MANIFEST,
  type Modification,
  parseWaveletPath,
  type ReadMarks,
  readConversation,
  readTags,
  readVersion,
  TAGS,
  type Tag,
  titleOf,
  UNKNOWN,
  type WaveletParts,
  withText,
} from "../conversation";
import type { AttributionRun } from "../history";
import type { WaveletOperation } from "../ot";
import type { ReplicaEvent, Trouble, WaveletReplica } from "../sync";
import type { Happening } from "./announcements";
import { joining } from "./joining";
import { isQuarantined } from "./troubles";

/** What a blip's view reads. */
export interface BlipModel {
  readonly id: string;
  /** Grows with each change to the blip's document, ours too. */
  readonly revision: ReadonlySignal<number>;
  readonly activity: ReadonlySignal<BlipActivity>;
  readonly unread: ReadonlySignal<boolean>;
  readonly attribution: ReadonlySignal<readonly AttributionRun[] | null>;
}

/** What a conversation's model needs from around it. */
export interface ConversationOptions {
  readonly replica: WaveletReplica;
  readonly self: string;
  readonly marks: ReadonlySignal<ReadMarks>;
  readonly attributionOf: (replica: WaveletReplica, doc: string) => ReadonlySignal<readonly AttributionRun[] | null>;
  /** The time of a version before the wave was opened, in ms since 1970; null when unknown. */
  readonly timeOf: (version: number) => number | null;
  readonly happened: (happenings: readonly Happening[]) => void;
}

interface BlipSignals extends BlipModel {
  readonly revision: Signal<number>;
  readonly known: Signal<BlipActivity>;
}

/** A wavelet with a conversation. Call `dispose` when the wave is closed. */
export class ConversationModel {
  /** The replica; what is applied through this one makes its author a participant first, where that is needed. */
  readonly replica: WaveletReplica;
  /** The replica as the sync layer has it. */
  readonly source: WaveletReplica;
  readonly name: WaveletParts;
  readonly conversation: ReadonlySignal<Conversation | null>;
  readonly participants: ReadonlySignal<readonly string[]>;
  readonly tags: ReadonlySignal<readonly Tag[]>;
  /** The title of its first blip. */
  readonly title: ReadonlySignal<string>;
  /** Why nothing more comes of it, in the server's words; null while it is open. */
  readonly ended: ReadonlySignal<string | null>;
  /** What is amiss with the other providers that have it. */
  readonly troubles: ReadonlySignal<readonly Trouble[]>;
  /** Whether it can be changed: not after its end, nor while it is quarantined. */
  readonly writable: ReadonlySignal<boolean>;
  readonly dispose: () => void;

  readonly #options: ConversationOptions;
  readonly #conversation: Signal<Conversation | null>;
  readonly #participants: Signal<readonly string[]>;
  readonly #tags: Signal<readonly Tag[]>;
  readonly #ended: Signal<string | null>;
  readonly #blips = new Map<string, BlipSignals>();

  constructor(options: ConversationOptions) {
    const { replica } = options;
    this.#options = options;
    this.source = replica;
    this.replica = joining(replica, options.self);
    this.name = parseWaveletPath(replica.name) ?? { wave: "", domain: "", id: replica.name };
    this.conversation = this.#conversation = signal(readConversation(replica.document(MANIFEST)));
    this.participants = this.#participants = signal([...replica.participants]);
    this.tags = this.#tags = signal(readTags(replica.document(TAGS)));
    this.ended = this.#ended = signal(replica.ended ? "" : null);
    this.troubles = replica.troubles;
    this.writable = computed(() => this.ended.value === null && !isQuarantined(this.troubles.value));
    this.title = computed(() => this.#titleNow());
    this.dispose = replica.subscribe((event) => batch(() => this.#take(event)));
  }

  /** The signals of the blip with this id, which need not exist yet. */
  blip(id: string): BlipModel {
    return this.#signals(id);
  }

  #signals(id: string): BlipSignals {
    const found = this.#blips.get(id);
    if (found !== undefined) return found;
    const { replica, self, marks, attributionOf, timeOf } = this.#options;
    const attribution = attributionOf(replica, id);
    const known = signal(UNKNOWN);
    const activity = computed(() => withText(known.value, attribution.value ?? [], timeOf));
    const unread = computed(() => isUnread(activity.value, self, readVersion(marks.value, id)));
    const made: BlipSignals = { id, revision: signal(0), known, activity, unread, attribution };
    this.#blips.set(id, made);
    return made;
  }

  #titleNow(): string {
    const first = this.conversation.value?.root.blips.find((blip) => !blip.deleted);
    if (first === undefined) return "";
    void this.blip(first.id).revision.value; // read so that the title follows the text
    return titleOf(this.replica.document(first.id));
  }

  #take(event: ReplicaEvent): void {
    switch (event.kind) {
      case "operations":
        this.#advance(event);
        break;
      case "replaced":
        this.#readAnew();
        break;
      case "ended":
        this.#ended.value = event.message;
        break;
      case "acknowledged":
      case "refused": // its undoing comes as operations; the draft is shown by the pane
        break;
    }
  }

  #advance({ operations, origin }: Extract<ReplicaEvent, { readonly kind: "operations" }>): void {
    const { self, replica, happened } = this.#options;
    const change: Modification =
      origin.kind === "remote"
        ? { version: origin.version, author: origin.author, timestamp: origin.timestamp }
        : { version: replica.version + 1, author: self, timestamp: Date.now() }; // as the attribution counts, too
    const before = this.#conversation.value;
    for (const operation of operations) this.#touch(operation, change);
    if (origin.kind !== "remote" || origin.author === self) return;
    happened(happeningsOf(operations, origin.author, before, this.#conversation.value));
  }

  #touch(operation: WaveletOperation, change: Modification): void {
    const { replica } = this.#options;
    if ("add" in operation || "remove" in operation) this.#participants.value = [...replica.participants];
    if (!("doc" in operation)) return;
    if (operation.doc === MANIFEST) this.#conversation.value = readConversation(replica.document(MANIFEST));
    else if (operation.doc === TAGS) this.#tags.value = readTags(replica.document(TAGS));
    else if (operation.doc.startsWith("b+") && changesText(operation.op)) {
      const blip = this.#signals(operation.doc);
      blip.revision.value += 1;
      blip.known.value = changed(blip.known.value, change);
    }
  }

  #readAnew(): void {
    const { replica } = this.#options;
    this.#conversation.value = readConversation(replica.document(MANIFEST));
    this.#participants.value = [...replica.participants];
    this.#tags.value = readTags(replica.document(TAGS));
    for (const blip of this.#blips.values()) blip.revision.value += 1;
  }
}

function happeningsOf(
  operations: readonly WaveletOperation[],
  author: string,
  before: Conversation | null,
  after: Conversation | null,
): readonly Happening[] {
  return operations.flatMap((operation): Happening[] => {
    if ("add" in operation) return [{ kind: "joined", author, address: operation.add }];
    if ("remove" in operation) return [{ kind: "left", author, address: operation.remove }];
    if (!("doc" in operation)) return [];
    if (operation.doc.startsWith("b+")) {
      return after?.placed.has(operation.doc) ? [{ kind: "wrote", author, blip: operation.doc }] : [];
    }
    return operation.doc === MANIFEST ? manifestHappenings(author, before, after) : [];
  });
}

function manifestHappenings(author: string, before: Conversation | null, after: Conversation | null): Happening[] {
  const was = visibleIds(before);
  const is = visibleIds(after);
  return [
    ...[...is].filter((blip) => !was.has(blip)).map((blip): Happening => ({ kind: "replied", author, blip })),
    ...[...was].filter((blip) => !is.has(blip)).map((blip): Happening => ({ kind: "deleted", author, blip })),
  ];
}

function visibleIds(conversation: Conversation | null): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { blip } of conversation?.placed.values() ?? []) if (!blip.deleted) ids.add(blip.id);
  return ids;
}
