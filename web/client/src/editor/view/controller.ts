/**
 * One editor: a ProseMirror view, its binding to the document, and what both need of the wave.
 *
 * Nothing here decides anything about documents; it connects the parts and the browser's events.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Node } from "prosemirror-model";
import { EditorState, NodeSelection, TextSelection, type Transaction } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import type { Person } from "../../app/people";
import { t } from "../../i18n";
import type { DocOp } from "../../ot";
import { toast } from "../../ui";
import { APART, Binding, initialDocument } from "../binding/binding";
import type { Extent } from "../binding/places";
import type { AtomAttributes } from "../document/items";
import { offsetAt, positionAt } from "../document/positions";
import { schema } from "../document/schema";
import type { EditorHandle, EditorHost, ItemSelection } from "../host";
import { cleaning } from "../input/cleaning";
import { clipboard } from "../input/clipboard";
import { type EditorCommand, type FormatStatus, sameStatus, stateCommand, statusOf } from "../input/commands";
import { typingRules } from "../input/inputRules";
import { editorKeys } from "../input/keys";
import { dismissMention, insertMention, type MentionQuery, mentioning, mentionQuery } from "../input/mentioning";
import { uploads } from "../input/pictures";
import { authors } from "./authors";
import { cursors } from "./cursors";
import { followHost } from "./following";
import { Pauses } from "./pauses";
import { PictureView, sizeIn, withCaption } from "./pictureView";
import { ReplyView } from "./replyView";
import { scrolling } from "./scrolling";
import { settle, settling } from "./settling";
import { typing } from "./typing";
import { uploadElement } from "./uploadElement";
import { Uploading } from "./uploading";

/** How long after the end of a composition the view has taken in its text, in ms (ProseMirror waits 20). */
const COMPOSITION_SETTLES = 50;

/** Where an attachment is served. */
export function attachmentUrl(id: string): string {
  return `/api/v1/attachments/${encodeURIComponent(id)}`;
}

/** An editor that is shown in an element. */
export class EditorController implements EditorHandle {
  readonly #view: EditorView;
  readonly #binding: Binding;
  readonly #status: Signal<FormatStatus>;
  readonly #focused = signal(false);
  readonly #linking = signal(false);
  readonly #mention = signal<MentionQuery | null>(null);
  readonly #tail = signal("");
  readonly #endings: (() => void)[] = [];
  readonly #editable: Signal<boolean>;
  readonly #uploading: Uploading;
  readonly #pauses = new Pauses();
  #label: string;
  #composed: ReturnType<typeof setTimeout> | undefined;
  #placed: ItemSelection | null = null;
  /** Asked about keys while a list of people is shown. */
  mentionKeys: (event: KeyboardEvent) => boolean = () => false;

  constructor(
    place: HTMLElement,
    private readonly host: EditorHost,
    options: { readonly editable: boolean; readonly label: string },
  ) {
    this.#editable = signal(options.editable);
    this.#label = options.label;
    this.#uploading = new Uploading(host, () => this.#view);
    const { doc, frame } = initialDocument(host.replica, host.documentId);
    const state = EditorState.create({ doc, plugins: this.#plugins() });
    this.#status = signal(statusOf(state));
    this.#view = new EditorView(place, {
      state,
      editable: () => this.#editable.peek(),
      attributes: () => attributesOf(this.#label, this.#editable.peek()),
      dispatchTransaction: (transaction) => this.#dispatch(transaction),
      nodeViews: {
        image: (node) => new PictureView(node, place.ownerDocument, this.#pictureActions()),
        reply: (node) => new ReplyView(node, place.ownerDocument, host),
      },
      handleDOMEvents: this.#events(),
    });
    this.#binding = new Binding(
      new ViewSurface(this.#view, () => this.#shown()),
      host.replica,
      host.documentId,
      frame,
      {
        now: () => performance.now(),
        inPause: this.#pauses.inPause,
        onDesync: () => toast(t("editor.desync"), { kind: "error" }),
      },
    );
    this.#tail.value = frame.tail;
    this.#endings.push(followHost(host, this.#view, this.#binding));
  }

  /** Where the view is drawn. */
  get dom(): HTMLElement {
    return this.#view.dom;
  }

  get status(): ReadonlySignal<FormatStatus> {
    return this.#status;
  }

  get focused(): ReadonlySignal<boolean> {
    return this.#focused;
  }

  /** Text of the document that stands outside of what the editor shows; "" nearly always. */
  get tail(): ReadonlySignal<string> {
    return this.#tail;
  }

  /** Whether the dialog for a link is asked for. */
  get linking(): Signal<boolean> {
    return this.#linking;
  }

  /** What is searched for behind an "@"; null while no list is to be shown. */
  readonly mention: ReadonlySignal<MentionQuery | null> = computed(() =>
    this.#focused.value ? this.#mention.value : null,
  );

  get selection(): ItemSelection {
    const { doc, selection } = this.#view.state;
    const { frame } = this.#binding;
    return { anchor: offsetAt(doc, frame, selection.anchor), head: offsetAt(doc, frame, selection.head) };
  }

  /** Whether it can be written in now. */
  get isEditable(): boolean {
    return this.#editable.peek();
  }

  /** Let people write in it, or only read. */
  setEditable(editable: boolean): void {
    if (editable === this.isEditable) return;
    settle(this.#view);
    this.#editable.value = editable;
    this.#view.setProps({}); // asks for `editable` again
    if (!editable) this.#view.dom.blur();
  }

  /** Give it another name for screen readers. */
  setLabel(label: string): void {
    if (label === this.#label) return;
    settle(this.#view);
    this.#label = label;
    this.#view.setProps({}); // asks for `attributes` again
  }

  focus(): void {
    settle(this.#view); // where it has the focus already, a key may have moved the caret, and would be put back
    this.#view.focus();
  }

  openLinkDialog(): void {
    if (this.isEditable) this.#linking.value = true;
  }

  exec(command: EditorCommand): boolean {
    if (!this.isEditable) return false;
    if (command.kind === "undo" || command.kind === "redo") return this.#revert(command.kind);
    if (command.kind === "images") {
      this.#uploading.begin(command.files, this.#view.state.selection.from);
      return true;
    }
    this.#binding.closeStep();
    const done = stateCommand(command)?.(this.#view.state, (transaction) => {
      this.#view.dispatch(transaction.setMeta(APART, true));
    });
    this.#view.focus();
    return done === true;
  }

  insertInlineReply(threadId: string): DocOp | null {
    if (!this.isEditable) return null;
    const anchor = schema.node("reply", { type: "reply", attributes: { id: threadId } });
    const { state } = this.#view;
    const transaction = state.tr.insert(state.selection.to, anchor).setMeta(APART, true);
    return this.#binding.dispatch(transaction);
  }

  /** The place of the "@" on the screen, for the list of people. */
  mentionRect(): DOMRect {
    const { left, top, bottom } = this.#view.coordsAtPos(this.#mention.value?.from ?? this.#view.state.selection.from);
    return new DOMRect(left, top, 1, bottom - top);
  }

  /** Mention somebody in the place of what was typed. */
  chooseMention(person: Person): void {
    const query = mentionQuery(this.#view.state);
    if (query === null) return;
    this.#view.dispatch(insertMention(this.#view.state.tr, query, person));
    this.#view.focus();
  }

  /** Close the list of people, and leave what was typed. */
  dismissMention(): void {
    this.#view.dispatch(dismissMention(this.#view.state.tr));
  }

  destroy(): void {
    clearTimeout(this.#composed);
    for (const end of this.#endings) end();
    this.#binding.destroy();
    this.#view.destroy();
  }

  #plugins() {
    const { host } = this;
    return [
      mentioning((event) => this.mentionKeys(event)),
      ...editorKeys({
        undo: () => this.#revert("undo"),
        redo: () => this.#revert("redo"),
        openLink: () => {
          this.#linking.value = true;
          return true;
        },
      }),
      typingRules(),
      settling(),
      typing(),
      scrolling(),
      cleaning(),
      clipboard({
        pictures: { wavelet: host.replica.name, urlOf: attachmentUrl },
        insertImages: (files, position) => this.#uploading.begin(files, position),
        tooMuch: () => toast(t("editor.pasteTooMuch"), { kind: "error" }),
      }),
      uploads((upload) => uploadElement(document, upload, this.#uploading)),
      authors((at) => host.pointAt?.(at)),
      cursors(),
    ];
  }

  #events() {
    return {
      keydown: (_view: EditorView, event: KeyboardEvent) => {
        if (event.key !== "Escape" || event.isComposing || this.#mention.value !== null) return false;
        this.#view.dom.blur(); // Tab moves on from here; whoever is around may take the key
        return true;
      },
      beforeinput: (_view: EditorView, event: InputEvent) => {
        const kind = { historyUndo: "undo", historyRedo: "redo" }[event.inputType] as "undo" | "redo" | undefined;
        if (kind === undefined) return false;
        event.preventDefault(); // the browser's own undo knows nothing of others
        this.#revert(kind);
        return true;
      },
      focus: () => {
        this.#focused.value = true;
        this.#placeCursor();
        return false;
      },
      blur: () => {
        this.#focused.value = false;
        this.#settle();
        return false;
      },
      compositionend: () => {
        clearTimeout(this.#composed);
        this.#composed = setTimeout(() => this.#settle(), COMPOSITION_SETTLES);
        return false;
      },
      click: (_view: EditorView, event: MouseEvent) => followLink(event, this.isEditable),
    };
  }

  /** Nothing is being composed any more: show what waited, and look whether all is as it should be. */
  #settle(): void {
    this.#binding.show();
    if (!this.#focused.value) this.#binding.verify();
  }

  #dispatch(transaction: Transaction): void {
    if (this.#binding.dispatch(transaction) !== null) this.#pauses.keyed();
  }

  /** Another state is shown. */
  #shown(): void {
    const { state } = this.#view;
    this.#tail.value = this.#binding.frame.tail;
    this.#mention.value = this.isEditable ? mentionQuery(state) : null;
    if (!this.#focused.value) return;
    const status = statusOf(state);
    if (!sameStatus(status, this.#status.peek())) this.#status.value = status; // else buttons are drawn with each key
    this.#placeCursor();
  }

  #placeCursor(): void {
    if (!this.isEditable) return;
    const { selection } = this;
    const anchor = this.#binding.onReplica(selection.anchor);
    const head = this.#binding.onReplica(selection.head);
    if (this.#placed?.anchor === anchor && this.#placed.head === head) return;
    this.#placed = { anchor, head };
    this.host.placeCursor(anchor, head);
  }

  #revert(kind: "undo" | "redo"): boolean {
    const extent = kind === "undo" ? this.#binding.undo() : this.#binding.redo();
    if (extent === null) toast(t(kind === "undo" ? "editor.nothingToUndo" : "editor.nothingToRedo"));
    else this.#select(extent);
    return true; // also when nothing was left: the browser's own undo must not act
  }

  /** Select what was changed, or put the caret behind it, and bring it into view. */
  #select({ from, to, content }: Extent): void {
    const { doc, tr } = this.#view.state;
    const { frame } = this.#binding;
    const head = positionAt(doc, frame, to);
    const anchor = content ? head : positionAt(doc, frame, from);
    this.#view.dispatch(tr.setSelection(TextSelection.create(doc, anchor, head)).scrollIntoView());
    this.#view.focus();
  }

  #pictureActions() {
    const { host } = this;
    return {
      urlOf: attachmentUrl,
      sizeOf: (attachment: string) => sizeIn(host.replica.document(`attach+${attachment}`)),
      isEditable: () => this.#editable.value,
      caption: (node: Node, text: string) => this.#caption(node, text),
    };
  }

  #caption(node: Node, text: string): void {
    this.#view.state.doc.descendants((found, position) => {
      if (found !== node) return;
      const rest = withCaption(node.attrs as AtomAttributes, text);
      const transaction = this.#view.state.tr.setNodeAttribute(position, "rest", rest);
      transaction.setSelection(NodeSelection.create(transaction.doc, position));
      this.#view.dispatch(transaction.setMeta(APART, true));
    });
  }
}

/** The view as the binding sees it. */
class ViewSurface {
  constructor(
    private readonly view: EditorView,
    private readonly shown: () => void,
  ) {}

  get state(): EditorState {
    return this.view.state;
  }

  get composing(): boolean {
    return this.view.composing;
  }

  settle(): void {
    settle(this.view);
  }

  updateState(state: EditorState): void {
    this.view.updateState(state);
    this.shown();
  }
}

function attributesOf(label: string, editable: boolean): Record<string, string> {
  const common = { class: "gs-editor", "aria-label": label };
  if (!editable) return { ...common, role: "group" };
  return {
    ...common,
    role: "textbox",
    "aria-multiline": "true",
    spellcheck: "true",
    autocapitalize: "sentences",
    "data-shortcuts": "editor",
  };
}

/** Links are followed where the text is only read; in a text that is edited, with Ctrl or Command. */
function followLink(event: MouseEvent, editable: boolean): boolean {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || !editable) return false;
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener,noreferrer");
  return false;
}
