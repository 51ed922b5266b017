/**
 * What a blip says in plain text: its lines, its title, a snippet of it.
 *
 * Source: CONVERSATION.md, "A blip" and "Annotations on blips".
 */
import type { DocOp, WaveDocument } from "../ot";
import { element } from "./splicing";

const TITLE_KEY = "conv/title";

/** A new blip's document: `body` with one line, and text in it if there is any. New lines begin lines. */
export function blipDocument(text = ""): DocOp {
  const lines = text.split("\n");
  const content = lines.flatMap(
    (line): DocOp => [...element("line", {}), ...(line === "" ? [] : [{ chars: printable(line) }])],
  );
  return element("body", {}, content);
}

/** The lines of a blip's text, as they are; none of a document without lines. */
export function linesOf(document: WaveDocument): readonly string[] {
  const lines: string[] = [];
  for (const run of document.runs()) {
    if (run.kind === "start" && run.type === "line") lines.push("");
    else if (run.kind === "text" && lines.length > 0) lines[lines.length - 1] += run.text;
  }
  return lines;
}

/**
 * A blip's title: the text under `conv/title`, else its first line that is not blank. "" when it has neither.
 *
 * It is asked for with each keystroke, so only one line's text is put together.
 */
export function titleOf(document: WaveDocument | undefined): string {
  let marked = "";
  let first = "";
  let inFirst = false;
  for (const run of document?.runs() ?? []) {
    if (run.kind === "start" && run.type === "line") inFirst = first.trim() === "";
    if (run.kind !== "text") continue;
    if (inFirst) first += run.text;
    if (run.annotations.has(TITLE_KEY)) marked += run.text;
  }
  return marked.trim() || first.trim();
}

/** The blip's text in one line of at most `length` code points, without its title when that is asked for. */
export function snippetOf(document: WaveDocument | undefined, length: number): string {
  if (document === undefined) return "";
  const text = linesOf(document).join(" ").replace(/\s+/gu, " ").trim();
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** Text without what no document may hold: control characters, lone surrogates and noncharacters. */
export function printable(text: string): string {
  return text
    .replace(/\t/gu, " ")
    .replace(/[\p{Cc}\p{Cs}\u{fdd0}-\u{fdef}]/gu, "")
    .replace(/\p{Noncharacter_Code_Point}/gu, "");
}
