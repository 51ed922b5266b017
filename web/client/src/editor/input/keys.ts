/** The keys of the editor. Tab is taken in lists only; Escape, which leaves the editor, is the view's. */
import { baseKeymap, chainCommands, deleteSelection, joinBackward, selectNodeBackward } from "prosemirror-commands";
import { undoInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import type { Node } from "prosemirror-model";
import { type Command, type Plugin, Selection } from "prosemirror-state";
import { type Format, toggleFormat } from "./formatting";
import {
  type Alignment,
  align,
  indentList,
  type LineStyle,
  plainAtStart,
  setStyle,
  splitLine,
  splitPlain,
} from "./lines";

/** What keys do beyond changing the state. Each says whether it did something. */
export interface KeyActions {
  readonly undo: () => boolean;
  readonly redo: () => boolean;
  /** Show the dialog for a link. */
  readonly openLink: () => boolean;
}

/** Keys as ProseMirror names them, by what they do: for the keymap, and for the list of shortcuts. */
export const FORMAT_KEYS: Readonly<Record<Format, string>> = {
  bold: "Mod-b",
  italic: "Mod-i",
  underline: "Mod-u",
  strike: "Mod-Shift-x",
  code: "Mod-e",
};

export const STYLE_KEYS: Readonly<Record<LineStyle, string>> = {
  paragraph: "Mod-Alt-0",
  h1: "Mod-Alt-1",
  h2: "Mod-Alt-2",
  h3: "Mod-Alt-3",
  h4: "Mod-Alt-4",
  numbers: "Mod-Shift-7",
  bullets: "Mod-Shift-8",
};

export const ALIGNMENT_KEYS: Readonly<Record<Alignment, string>> = {
  start: "Mod-Shift-l",
  center: "Mod-Shift-e",
  end: "Mod-Shift-r",
  justify: "Mod-Shift-j",
};

export const LINK_KEY = "Mod-k";

/** The keymaps, the first to be asked first. */
export function editorKeys(actions: KeyActions): readonly Plugin[] {
  const keys: Record<string, Command> = {
    Enter: splitLine,
    "Shift-Enter": splitPlain,
    Backspace: chainCommands(undoInputRule, deleteSelection, plainAtStart, joinBackward, selectNodeBackward),
    Tab: indentList(1),
    "Shift-Tab": indentList(-1),
    [LINK_KEY]: actions.openLink,
    // By us, not the browser: ProseMirror would take a caret back from the start of a text that has just got the focus.
    "Ctrl-Home": caretTo((doc) => Selection.atStart(doc)),
    "Ctrl-End": caretTo((doc) => Selection.atEnd(doc)),
    "Mod-z": chainCommands(undoInputRule, actions.undo),
    "Mod-y": actions.redo,
    "Mod-Shift-z": actions.redo,
  };
  for (const [format, key] of Object.entries(FORMAT_KEYS)) keys[key] = toggleFormat(format as Format);
  for (const [style, key] of Object.entries(STYLE_KEYS)) keys[key] = setStyle(style as LineStyle);
  for (const [alignment, key] of Object.entries(ALIGNMENT_KEYS)) keys[key] = align(alignment as Alignment);
  return [keymap(keys), keymap(baseKeymap)];
}

function caretTo(place: (doc: Node) => Selection): Command {
  return ({ doc, tr }, dispatch) => {
    dispatch?.(tr.setSelection(place(doc)).scrollIntoView());
    return true;
  };
}
