/**
 * Keeps an editor and a replica's document in step, in both directions.
 *
 * What the person does becomes operations on the replica at once. What others do is shown at once too, unless the person
 * types: then it waits, composed into one operation, for a pause between keys, and while an input method composes text
 * for the end of that. What is typed meanwhile is transformed over it, so that the replica is exact all the time, no key
 * waits for others' edits to be drawn, and nothing rewrites the text under a composition.
 */
import type { EditorState, Transaction } from "prosemirror-state";
import { compose, type DocOp, encodeOperations, transform, WaveDocument, type WaveletOperation } from "../../ot";
import type { ReplicaEvent } from "../../sync";
import { nodeRuns, sameRuns } from "../document/items";
import { completed, documentSize, type Frame, type Mapped, readDocument } from "../document/mapping";
import { incoming, rebuild } from "./incoming";
import { outgoing } from "./outgoing";
import { type Extent, extentOf, mappedOffset } from "./places";
import { closeStep, EMPTY_HISTORY, type History, type Reverted, recordOthers, recordOwn, redo, undo } from "./undo";

/** What shows the state: a ProseMirror view, or a test. */
export interface Surface {
  readonly state: EditorState;
  /** Whether an input method is composing. */
  readonly composing: boolean;
  /**
   * Take in what the browser has done to text or selection and the state does not say yet: it may dispatch. Else a key
   * that has just moved the caret would be undone by what others type at the same moment.
   */
  settle(): void;
  /** Show another state. */
  updateState(state: EditorState): void;
}

/** What the binding needs of a replica. */
export interface BoundReplica {
  document(id: string): WaveDocument | undefined;
  apply(operations: readonly WaveletOperation[]): void;
  subscribe(listener: (event: ReplicaEvent) => void): () => void;
}

/** How a binding is told of the world. */
export interface BindingOptions {
  /** Milliseconds, for the grouping of undo steps and to tell whether somebody types. */
  readonly now: () => number;
  /** Call back in a pause between keys, soon in any case. Returns what takes that back. */
  readonly inPause: (callback: () => void) => () => void;
  /** The editor did not show the document any more, and was rebuilt from it; or an edit could not be applied. */
  readonly onDesync: (reason: unknown) => void;
}

/** Marks a transaction that shows what others did, or what undo did: it makes no operation. */
export const SHOWN = "groundswell/shown";
/** On a transaction: operations on other documents (WaveletOperation[]) that belong into the same edit, before it. */
export const ALONG = "groundswell/along";
/** Marks a transaction that is an undo step of its own. */
export const APART = "groundswell/apart";

/** For so long after an own edit, in ms, another is expected: others' wait for a pause. */
const TYPING = 1_000;

/** Reads the state that an editor of this document begins with. */
export function initialDocument(replica: BoundReplica, documentId: string): Mapped {
  return readDocument((replica.document(documentId) ?? WaveDocument.empty()).runs());
}

/** The connection of one editor with one document. */
export class Binding {
  #frame: Frame;
  #waiting: DocOp | null = null; // others' operations that are not shown yet
  #cancelShowing: (() => void) | null = null; // set while what waits is to be shown in a pause
  #edited = Number.NEGATIVE_INFINITY; // when the person edited last, in ms
  readonly #whenShown: (() => void)[] = [];
  #history: History = EMPTY_HISTORY;
  readonly #unheard: string[] = []; // own edits that the replica has not told of yet
  readonly #unsubscribe: () => void;

  /** The surface must show the document of `frame`, as `initialDocument` read it. */
  constructor(
    private readonly surface: Surface,
    private readonly replica: BoundReplica,
    private readonly documentId: string,
    frame: Frame,
    private readonly options: BindingOptions,
  ) {
    this.#frame = frame;
    this.#unsubscribe = replica.subscribe((event) => this.#receive(event));
  }

  /** Where the editor's document stands in the wave document. */
  get frame(): Frame {
    return this.#frame;
  }

  /** Whether there is something to undo, and to redo. */
  get canRevert(): { readonly undo: boolean; readonly redo: boolean } {
    return { undo: this.#history.undo.length > 0, redo: this.#history.redo.length > 0 };
  }

  /** Where an item offset of the editor's document is on the replica, which is ahead while others' edits wait. */
  onReplica(offset: number): number {
    return this.#waiting === null ? offset : mappedOffset(this.#waiting, offset, -1);
  }

  /** Do what a transaction says, here and on the replica. The operation that the replica took; null for none. */
  dispatch(transaction: Transaction): DocOp | null {
    const before = this.surface.state;
    const { state, transactions } = before.applyTransaction(transaction);
    this.surface.updateState(state);
    if (transaction.getMeta(SHOWN) === true || before.doc === state.doc) return null;
    const steps = transactions.flatMap((each) => each.steps);
    const op = outgoing(before.doc, state.doc, this.#frame, steps);
    if (op === null) return null;
    this.#frame = completed(this.#frame);
    const along = (transaction.getMeta(ALONG) as readonly WaveletOperation[] | undefined) ?? [];
    return this.#send(op, transaction.getMeta(APART) === true, along);
  }

  /** Show what waits of others' edits, unless a composition is on. */
  show(): void {
    if (this.surface.composing) return;
    this.#stopWaiting();
    if (this.#waiting !== null) {
      this.surface.settle();
      const op = this.#waiting;
      this.#waiting = null;
      if (op !== null) this.#showOperation(op);
    }
    this.#tellShown();
  }

  /** Call back when the editor shows what the replica has: at once when nothing waits, and else once that is shown. */
  whenShown(callback: () => void): void {
    if (this.#waiting === null && !this.surface.composing) callback();
    else if (!this.#whenShown.includes(callback)) this.#whenShown.push(callback);
  }

  /** Revert the latest own step of which anything is left. Says where, in positions; null when there is none. */
  undo(): Extent | null {
    return this.#revert(undo(this.#history));
  }

  /** Do again what was undone last. Says where, in positions; null when there is nothing. */
  redo(): Extent | null {
    return this.#revert(redo(this.#history));
  }

  /** What is done next is an undo step of its own. */
  closeStep(): void {
    this.#history = closeStep(this.#history);
  }

  /** Compare everything with the replica, and rebuild the editor's document if they differ. For quiet moments. */
  verify(): void {
    if (this.#waiting !== null || this.surface.composing) return;
    const shown = { doc: this.surface.state.doc, frame: this.#frame };
    if (!isSameDocument(shown, this.#document())) this.#rebuild("the editor showed another text than the document");
  }

  /** Stop following the replica. */
  destroy(): void {
    this.#unsubscribe();
    this.#stopWaiting();
  }

  #document(): WaveDocument {
    return this.replica.document(this.documentId) ?? WaveDocument.empty();
  }

  #send(op: DocOp, apart: boolean, along: readonly WaveletOperation[]): DocOp | null {
    let own = op;
    if (this.#waiting !== null) [own, this.#waiting] = transform(op, this.#waiting);
    if (!this.#apply(own, along)) return null;
    this.#edited = this.options.now();
    this.#history = recordOwn(this.#history, own, this.#edited, apart);
    return own;
  }

  /** Whether the replica took it. When not, the editor shows the document as it is. */
  #apply(op: DocOp, along: readonly WaveletOperation[] = []): boolean {
    const operations = [...along, { doc: this.documentId, op }];
    this.#unheard.push(nameOf(operations));
    try {
      this.replica.apply(operations);
      return true;
    } catch (error) {
      this.#unheard.pop();
      this.#rebuild(error);
      return false;
    }
  }

  /** Whether an event only says what this editor has just done. The replica may tell of it later than at once. */
  #isOwn(event: ReplicaEvent & { readonly kind: "operations" }): boolean {
    if (event.origin.kind !== "local" || this.#unheard[0] !== nameOf(event.operations)) return false;
    this.#unheard.shift();
    return true;
  }

  #receive(event: ReplicaEvent): void {
    if (event.kind === "replaced") {
      this.#history = EMPTY_HISTORY;
      this.#rebuild(null);
    } else if (event.kind === "operations" && !this.#isOwn(event)) {
      for (const operation of event.operations) {
        if (!("doc" in operation) || operation.doc !== this.documentId) continue;
        this.#history = recordOthers(this.#history, operation.op);
        this.#waiting = this.#waiting === null ? operation.op : compose(this.#waiting, operation.op);
      }
      this.#showSoon();
    }
  }

  #showSoon(): void {
    if (this.options.now() - this.#edited > TYPING) this.show();
    else if (this.#waiting !== null) this.#cancelShowing ??= this.options.inPause(() => this.show());
  }

  #stopWaiting(): void {
    this.#cancelShowing?.();
    this.#cancelShowing = null;
  }

  #tellShown(): void {
    for (const callback of this.#whenShown.splice(0)) callback();
  }

  #revert(reverted: Reverted | null): Extent | null {
    if (reverted === null || this.surface.composing) return null;
    this.show();
    if (!this.#apply(reverted.op)) return null;
    this.#history = reverted.history;
    this.#showOperation(reverted.op);
    return extentOf(reverted.op);
  }

  #showOperation(op: DocOp): void {
    const { tr, storedMarks } = this.surface.state;
    this.#frame = incoming(tr, this.#frame, op, this.#document());
    if (storedMarks !== null) tr.setStoredMarks(storedMarks); // a format chosen for what is typed next stays chosen
    this.#update(tr);
  }

  #rebuild(reason: unknown): void {
    this.#waiting = null;
    this.#stopWaiting();
    const { tr } = this.surface.state;
    this.#frame = rebuild(tr, this.#frame, this.#document());
    this.#update(tr);
    this.#tellShown();
    if (reason !== null) this.options.onDesync(reason);
  }

  #update(transaction: Transaction): void {
    transaction.setMeta(SHOWN, true).setMeta("addToHistory", false);
    this.surface.updateState(this.surface.state.apply(transaction));
  }
}

/** Operations in the form in which a replica tells of them, to be recognised. */
function nameOf(operations: readonly WaveletOperation[]): string {
  return JSON.stringify(encodeOperations(operations));
}

function isSameDocument({ doc, frame }: Mapped, document: WaveDocument): boolean {
  if (documentSize({ doc, frame }) !== document.size) return false;
  if (frame.missing !== "nothing") return true; // nothing has been edited yet
  return sameRuns(nodeRuns(doc), document.runs(frame.before, document.size - frame.after));
}
