/** The editor's commands as data, for toolbars, menus and keys; and what is on at the selection. */
import type { Command, EditorState } from "prosemirror-state";
import {
  clearFormatting,
  commonValue,
  FORMATS,
  type Format,
  hasFormat,
  setMarkValue,
  toggleFormat,
} from "./formatting";
import { type Alignment, align, currentAlignment, currentStyle, indent, type LineStyle, setStyle } from "./lines";
import { linkAt, removeLink, setLink } from "./linking";

/** Something that a person asks of the editor. */
export type EditorCommand =
  | { readonly kind: "format"; readonly format: Format }
  | { readonly kind: "style"; readonly style: LineStyle }
  | { readonly kind: "align"; readonly alignment: Alignment }
  | { readonly kind: "indent"; readonly by: 1 | -1 }
  /** A CSS colour, or null for none. */
  | { readonly kind: "color" | "background"; readonly value: string | null }
  /** An address that `linkAddress` gave; `text` when nothing is selected. */
  | { readonly kind: "link"; readonly address: string; readonly text: string }
  | { readonly kind: "unlink" | "clear" | "undo" | "redo" }
  /** Upload pictures and put them at the caret. */
  | { readonly kind: "images"; readonly files: readonly File[] };

/** The ProseMirror command for one of ours. */
export function stateCommand(command: Exclude<EditorCommand, { kind: "images" }>): Command | null {
  switch (command.kind) {
    case "format":
      return toggleFormat(command.format);
    case "style":
      return setStyle(command.style);
    case "align":
      return align(command.alignment);
    case "indent":
      return indent(command.by);
    case "color":
    case "background":
      return setMarkValue(command.kind, command.value);
    case "link":
      return setLink(command.address, command.text);
    case "unlink":
      return removeLink;
    case "clear":
      return clearFormatting;
    case "undo":
    case "redo":
      return null;
  }
}

/** What is on at the selection, for buttons to show. */
export interface FormatStatus {
  readonly formats: ReadonlySet<Format>;
  readonly style: LineStyle;
  readonly alignment: Alignment;
  readonly color: string | null;
  readonly background: string | null;
  /** The address of the link at the selection. */
  readonly link: string | null;
  /** The selected text, at most 200 characters of it. */
  readonly selectedText: string;
}

/** Whether both say the same. */
export function sameStatus(one: FormatStatus, other: FormatStatus): boolean {
  const { formats, ...rest } = one;
  const names = Object.keys(rest) as (keyof typeof rest)[];
  return (
    FORMATS.every((format) => formats.has(format) === other.formats.has(format)) &&
    names.every((name) => rest[name] === other[name])
  );
}

/** What is on at a state's selection. */
export function statusOf(state: EditorState): FormatStatus {
  const { from, to } = state.selection;
  return {
    formats: new Set(FORMATS.filter((format) => hasFormat(state, format))),
    style: currentStyle(state),
    alignment: currentAlignment(state),
    color: commonValue(state, "color"),
    background: commonValue(state, "background"),
    link: linkAt(state)?.address ?? null,
    selectedText: state.doc.textBetween(from, Math.min(to, from + 200), " "),
  };
}
