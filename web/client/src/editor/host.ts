/** What an editor gets from the wave that it is in, and what the wave can ask of it. */
import type { ReadonlySignal } from "@preact/signals";
import type { UploadedImage } from "../app/attachments";
import type { PeopleSource } from "../app/people";
import type { AttributionRun } from "../history";
import type { DocOp } from "../ot";
import type { RemoteCursor, WaveletReplica } from "../sync";
import type { EditorCommand, FormatStatus } from "./input/commands";
import type { AuthoredPoint } from "./view/authors";

/** What the wave view gives an editor. */
export interface EditorHost {
  readonly replica: WaveletReplica;
  readonly documentId: string;
  /** The address of whoever sits here. */
  readonly self: string;
  /** Show the others where the selection is, in items of the document. */
  readonly placeCursor: (anchor: number, head: number) => void;
  /** Others' cursors in this document. */
  readonly cursors: ReadonlySignal<readonly RemoteCursor[]>;
  /** Who wrote which items; null while that is not known. */
  readonly attribution: ReadonlySignal<readonly AttributionRun[] | null>;
  readonly showAuthors: ReadonlySignal<boolean>;
  /** Mark what others wrote after this version; null: mark nothing. */
  readonly unreadSince: ReadonlySignal<number | null>;
  readonly people: PeopleSource;
  /** Store a picture for this wavelet. `progress` is told the part that is sent, 0 to 1. */
  readonly uploadImage: (file: File, progress: (part: number) => void) => Promise<UploadedImage>;
  /** A mouse is on somebody's text while authors are shown; null when it has left it. */
  readonly pointAt?: (at: AuthoredPoint | null) => void;
  readonly openReply: (threadId: string) => void;
  /** How many blips a thread has. Read in a signal's effect, so that the count is kept up to date. */
  readonly replyCount: (threadId: string) => number;
  /** Show an inline thread in a place under its anchor; returns what takes it away. */
  readonly renderReply?: (threadId: string, container: HTMLElement) => () => void;
}

/** A selection, in items of the wave document. */
export interface ItemSelection {
  readonly anchor: number;
  readonly head: number;
}

/** What can be asked of an editor that is shown. */
export interface EditorHandle {
  /** Give it the focus; the caret stays where it was. */
  focus(): void;
  /** Put the anchor of an inline reply at the caret. The operation that did it; null when the editor is read-only. */
  insertInlineReply(threadId: string): DocOp | null;
  /** Do what a button says. False when there was nothing to do. */
  exec(command: EditorCommand): boolean;
  /** Show the dialog for a link at the selection. */
  openLinkDialog(): void;
  readonly selection: ItemSelection;
  /** What is on at the selection. */
  readonly status: ReadonlySignal<FormatStatus>;
  /** Whether the caret is in it. */
  readonly focused: ReadonlySignal<boolean>;
  destroy(): void;
}
