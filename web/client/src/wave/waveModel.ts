/**
 * An open wave as signals: its conversations, who is here, what is unread, what is being edited.
 *
 * It follows a WaveView of the sync layer, and closes it with itself. Views read it; actions.ts changes it.
 */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { domainOfWave, lastOf, MANIFEST, READ_STATE, readMarks, userWaveletPath } from "../conversation";
import type { EditorHandle } from "../editor";
import type { AttributionRun, Contribution, Signing } from "../history";
import type { RemoteCursor, SyncClient, WaveletReplica, WaveView } from "../sync";
import type { Happening } from "./announcements";
import { ConversationModel } from "./conversationModel";
import { MountQueue } from "./mounting";
import { isAnchored, type Place, placesOf } from "./places";
import { Pointing } from "./pointing";
import { hereNow } from "./presence";
import { Reading, type ReadMap } from "./reading";

/** What the model needs besides synchronisation. */
export interface WaveServices {
  readonly client: SyncClient;
  readonly attributionOf: (replica: WaveletReplica, doc: string) => ReadonlySignal<readonly AttributionRun[] | null>;
  readonly timeOf: (replica: WaveletReplica, version: number) => number | null;
  readonly signatureOf: (contribution: Contribution) => ReadonlySignal<Signing>;
  readonly sendRead: (wave: string, read: ReadMap) => Promise<void>;
}

const NO_CURSORS: readonly RemoteCursor[] = [];

/** An open wave. Call `close` when it is left. */
export class WaveModel {
  readonly wave: string;
  readonly self: string;
  readonly view: WaveView;
  readonly client: SyncClient;
  readonly reading: Reading;
  /** All wavelets with a conversation, oldest acquaintance first. */
  readonly conversations: ReadonlySignal<readonly ConversationModel[]>;
  /** The conversation that all of the wave's participants see; null when this person sees only private replies. */
  readonly root: ReadonlySignal<ConversationModel | null>;
  /** Blips in reading order, with private replies after the blip they belong to. */
  readonly places: ReadonlySignal<readonly Place[]>;
  readonly unread: ReadonlySignal<readonly Place[]>;
  /**
   * How many blips the server counts as unread. It also counts what leaves no text behind, such as deleting and
   * formatting before this visit: then it counts more than we can tell, and what is seen is read all the same.
   */
  readonly unreadThere = signal(0);
  /** The addresses of others who have the wave open. */
  readonly here: ReadonlySignal<readonly string[]>;
  /** The blip that is being written in, by its key. */
  readonly editing: Signal<string | null>;
  /** The blip that the keyboard acts on, by its key. */
  readonly current: Signal<string | null>;
  /** Where a press began the writing, in px of the page's view: there the caret goes. */
  clickedAt: { readonly x: number; readonly y: number } | null = null;
  /** The editor of that blip, once it is there. */
  readonly editor: Signal<EditorHandle | null>;
  readonly showAuthors: Signal<boolean>;
  /** Keys of threads that are folded. */
  readonly folded: Signal<ReadonlySet<string>>;
  /** The blip that a link pointed to, by its key, while it is to stand out. */
  readonly marked: Signal<string | null>;
  readonly mounting = new MountQueue();
  /** The contributions of which it is told who signed them. */
  readonly pointing = new Pointing();
  /** Blips that this person has begun here, by key: one that is left empty goes again. */
  readonly begun = new Set<string>();
  readonly #conversations = signal<readonly ConversationModel[]>([]);
  readonly #listeners = new Set<(happenings: readonly Happening[], conversation: ConversationModel) => void>();
  /** The elements that show blips, by key: where the focus goes, and what is scrolled to. */
  readonly elements = new Map<string, HTMLElement>();
  readonly #since = new Map<string, Signal<number | null>>();
  /**
   * In ms since 1970: what others changed before is news, also where a copy kept on this device was shown first and
   * their changes arrive now. A clock that is wrong costs a bar or shows one too many, no more.
   */
  #watchingSince = Date.now();
  readonly #onScreen = signal<ReadonlySet<string>>(new Set());
  readonly #pageVisible = signal(true);
  readonly #hereList: ReadonlySignal<string>; // a text, which is the same while the people are
  readonly #cursors: ReadonlySignal<ReadonlyMap<string, readonly RemoteCursor[]>>;
  readonly #cursorsIn = new Map<string, ReadonlySignal<readonly RemoteCursor[]>>();
  readonly #services: WaveServices;
  readonly #ends: (() => void)[] = [];

  constructor(wave: string, services: WaveServices, view: WaveView = services.client.open(wave)) {
    this.wave = wave;
    this.#services = services;
    this.client = services.client;
    this.self = services.client.address;
    this.view = view;
    this.reading = new Reading({ send: (read) => services.sendRead(wave, read) });
    this.conversations = this.#conversations;
    this.root = computed(() => this.#rootNow());
    this.places = computed(() => placesOf(this.root.value, this.#conversations.value));
    this.unread = computed(() => this.places.value.filter(({ blip }) => blip.unread.value));
    this.#hereList = computed(() => hereNow(view.cursors.value, this.self).join(" "));
    this.here = computed(() => this.#hereList.value.split(" ").filter((address) => address !== ""));
    this.#cursors = computed(() => byBlip(view.cursors.value));
    this.editing = signal(null);
    this.editor = signal(null);
    this.current = signal(null);
    this.showAuthors = signal(false);
    this.folded = signal(new Set());
    this.marked = signal(null);
    this.#ends.push(effect(() => this.#follow(view.wavelets.value)));
    this.#ends.push(effect(() => this.#followReading(view.wavelets.value)));
    this.#ends.push(effect(() => this.#markNew(this.unread.value)));
    this.#ends.push(effect(() => this.#backOnline()));
    this.#ends.push(effect(() => this.#tellPresence()));
  }

  /** Be told what others do. Returns what ends it. */
  onHappenings(listener: (happenings: readonly Happening[], conversation: ConversationModel) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Others' carets in the blip with this key. */
  cursorsIn(key: string): ReadonlySignal<readonly RemoteCursor[]> {
    const found = this.#cursorsIn.get(key);
    if (found !== undefined) return found;
    const made = computed(() => this.#cursors.value.get(key) ?? NO_CURSORS);
    this.#cursorsIn.set(key, made);
    return made;
  }

  /** Above which version others' text has a bar at its left; null for none. */
  since(key: string): Signal<number | null> {
    const found = this.#since.get(key);
    if (found !== undefined) return found;
    const made = signal<number | null>(null);
    this.#since.set(key, made);
    return made;
  }

  /** Say whether a blip can be seen. What changes before a reader's eyes gets no bar. */
  setOnScreen(key: string, visible: boolean): void {
    const before = this.#onScreen.peek();
    if (before.has(key) === visible) return;
    const after = new Set(before);
    if (visible) after.add(key);
    else after.delete(key);
    this.#onScreen.value = after;
  }

  /** Whether somebody can be reading the blip: it is on screen, and the page is in front. Reads signals. */
  isSeen(key: string): boolean {
    return this.#pageVisible.value && this.#onScreen.value.has(key);
  }

  /** Say whether the page is in front. */
  setPageVisible(visible: boolean): void {
    this.#pageVisible.value = visible;
    if (!visible) void this.reading.flush();
  }

  /** Whether reading the blip is to be noted: it has something new, or something has that we cannot tell. Reads signals. */
  isWorthMarking({ blip }: Place): boolean {
    return blip.unread.value || this.unreadThere.value > this.unread.value.length;
  }

  /** The blip has been read as it is. Its bars stay until `leaveBehind`. */
  markRead(place: Place): void {
    const { replica } = place.conversation;
    this.reading.mark(replica.name, place.blip.id, replica.version);
  }

  /** The reader goes on from the blip: it is read, and its bars go. */
  leaveBehind(key: string): void {
    const place = this.find(key);
    if (place === undefined) return;
    this.markRead(place);
    this.since(key).value = null;
  }

  /** Who signed a contribution. */
  signatureOf(contribution: Contribution): ReadonlySignal<Signing> {
    return this.#services.signatureOf(contribution);
  }

  /** The place with this key, if there is one. */
  find(key: string): Place | undefined {
    return this.places.peek().find((place) => place.key === key);
  }

  /** The place of a blip by its id alone, as links name it. */
  findBlip(blip: string): Place | undefined {
    return this.places.peek().find((place) => place.blip.id === blip);
  }

  /** The private replies that belong at a blip. */
  privateRepliesAt(conversation: ConversationModel, blip: string): readonly ConversationModel[] {
    return this.#conversations.value.filter((other) => isAnchored(other, conversation, blip));
  }

  /** Fold a thread, or unfold it. */
  fold(key: string, folded: boolean): void {
    if (this.folded.peek().has(key) === folded) return;
    const next = new Set(this.folded.peek());
    if (folded) next.add(key);
    else next.delete(key);
    this.folded.value = next;
  }

  /** Stop following the wave. What is read but not sent is sent. */
  close(): void {
    this.pointing.hide();
    for (const end of this.#ends) end();
    for (const conversation of this.#conversations.peek()) conversation.dispose();
    void this.reading.flush();
    this.view.close();
  }

  #rootNow(): ConversationModel | null {
    const domain = domainOfWave(this.wave);
    const conversations = this.#conversations.value;
    return conversations.find(({ name }) => name.id === "conv+root" && name.domain === domain) ?? null;
  }

  /**
   * Models for the wavelets that there are now; those that stayed keep theirs. One that has ended stays to be read
   * until it comes back: whoever is removed keeps what they saw.
   */
  #follow(replicas: readonly WaveletReplica[]): void {
    const before = this.#conversations.peek();
    const talks = replicas.filter((replica) => replica.name.includes("/conv+"));
    const present = talks.map((replica) => before.find((model) => model.source === replica) ?? this.#model(replica));
    const over = before.filter(
      (model) => model.source.ended && !present.some(({ source }) => source.name === model.source.name),
    );
    const after = [...present, ...over];
    for (const gone of before.filter((model) => !after.includes(model))) gone.dispose();
    if (after.length !== before.length || after.some((model, index) => model !== before[index])) {
      this.#conversations.value = after;
    }
  }

  #model(replica: WaveletReplica): ConversationModel {
    const model: ConversationModel = new ConversationModel({
      replica,
      self: this.self,
      marks: this.reading.marks(replica.name),
      attributionOf: this.#services.attributionOf,
      timeOf: (version) => this.#services.timeOf(replica, version),
      happened: (happenings) => {
        for (const listener of this.#listeners) listener(happenings, model);
      },
    });
    return model;
  }

  #followReading(replicas: readonly WaveletReplica[]): (() => void) | undefined {
    const name = userWaveletPath(this.wave, this.self);
    const own = replicas.find((replica) => replica.name === name);
    if (own === undefined) return undefined;
    const learn = (): void =>
      batch(() => {
        const document = own.document(READ_STATE);
        for (const replica of replicas) this.reading.learn(replica.name, readMarks(document, replica.name));
      });
    learn();
    return own.subscribe((event) => {
      if (event.kind === "operations" || event.kind === "replaced") learn();
    });
  }

  /** What has become unread out of sight gets bars, from where it had been read to. */
  #markNew(unread: readonly Place[]): void {
    for (const { key, blip, conversation } of unread) {
      const since = this.since(key);
      const live = (lastOf(blip.activity.peek())?.timestamp ?? 0) >= this.#watchingSince;
      if (since.peek() !== null || (live && this.#onScreen.peek().has(key))) continue;
      const marks = this.reading.marks(conversation.replica.name).peek();
      since.value = Math.max(marks.blips.get(blip.id) ?? 0, marks.all);
    }
  }

  /**
   * Others see that this person is here, also while they only read. The editor tells where its caret is.
   * Told again when somebody comes, who cannot know yet.
   */
  #tellPresence(): void {
    const root = this.root.value;
    void this.#hereList.value;
    if (root !== null && this.editing.value === null) this.view.placeCursor(root.source.name, MANIFEST, 0, 0);
  }

  #backOnline(): void {
    if (this.client.connection.value !== "online") return;
    this.#watchingSince = Date.now();
    void this.reading.flush();
  }
}

function byBlip(cursors: readonly RemoteCursor[]): ReadonlyMap<string, readonly RemoteCursor[]> {
  const grouped = new Map<string, RemoteCursor[]>();
  for (const cursor of cursors) {
    const key = `${cursor.wavelet} ${cursor.doc}`;
    grouped.set(key, [...(grouped.get(key) ?? []), cursor]);
  }
  return grouped;
}
