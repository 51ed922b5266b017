/** The marks that pasted HTML gives a text: from tags, attributes and inline styles, reduced to what documents hold. */
import { Mark } from "prosemirror-model";
import type { KeyedMark } from "../document/annotations";
import { linkAddress } from "../document/links";
import { schema } from "../document/schema";
import { decorationWords, isBold, isItalic, isMonospace } from "../document/styling";
import { styleOf } from "./inertHtml";

const TAG_MARKS: Readonly<Record<string, readonly [KeyedMark, string]>> = {
  B: ["weight", "bold"],
  STRONG: ["weight", "bold"],
  I: ["slant", "italic"],
  EM: ["slant", "italic"],
  CITE: ["slant", "italic"],
  CODE: ["family", "monospace"],
  KBD: ["family", "monospace"],
  SAMP: ["family", "monospace"],
  TT: ["family", "monospace"],
  SUP: ["vertical", "super"],
  SUB: ["vertical", "sub"],
};

const TAG_DECORATIONS: Readonly<Record<string, string>> = {
  U: "underline",
  INS: "underline",
  S: "line-through",
  STRIKE: "line-through",
  DEL: "line-through",
};

/** The declarations of a style attribute, names in lower case. Read as text: browsers drop what Word writes. */
export function declarations(element: Element): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of styleOf(element).split(";")) {
    const colon = part.indexOf(":");
    if (colon > 0) found.set(part.slice(0, colon).trim().toLowerCase(), part.slice(colon + 1).trim());
  }
  return found;
}

/** The marks inside an element, given those around it. */
export function marksInside(element: Element, around: readonly Mark[]): readonly Mark[] {
  const style = declarations(element);
  let marks = around;
  const byTag = TAG_MARKS[element.tagName];
  if (byTag !== undefined) marks = withValue(marks, byTag[0], byTag[1]);
  marks = withDecoration(marks, [TAG_DECORATIONS[element.tagName] ?? "", decorationOf(style)].join(" "));
  const weight = style.get("font-weight");
  if (weight !== undefined) marks = withValue(marks, "weight", isBold(weight) ? "bold" : null); // Google Docs: b, normal
  const slant = style.get("font-style");
  if (slant !== undefined) marks = withValue(marks, "slant", isItalic(slant) ? "italic" : null);
  if (isMonospace(style.get("font-family") ?? "")) marks = withValue(marks, "family", "monospace");
  const vertical = style.get("vertical-align");
  if (vertical === "super" || vertical === "sub") marks = withValue(marks, "vertical", vertical);
  const colour = vividColour(style.get("color") ?? element.getAttribute("color") ?? "");
  const linked = marks.some((mark) => mark.type.name === "link"); // the colour and the line are the link's
  if (colour !== null && !linked) marks = withValue(marks, "color", colour);
  const background = vividColour(
    style.get("background-color") ?? style.get("mso-highlight") ?? style.get("background") ?? "",
  );
  if (background !== null) marks = withValue(marks, "background", background);
  return withReferences(element, linked ? withoutUnderline(marks) : marks);
}

function withReferences(element: Element, marks: readonly Mark[]): readonly Mark[] {
  const mention = element.getAttribute("data-mention");
  if (mention !== null && /^[^\s@]*@[^\s@]+$/.test(mention)) return withValue(marks, "mention", mention);
  if (element.tagName !== "A") return marks;
  const address = linkAddress(element.getAttribute("href") ?? "");
  return address === null ? marks : withValue(withoutUnderline(marks), "link", address);
}

function decorationOf(style: ReadonlyMap<string, string>): string {
  return style.get("text-decoration") ?? style.get("text-decoration-line") ?? "";
}

function withDecoration(marks: readonly Mark[], words: string): readonly Mark[] {
  const present = marks.find((mark) => mark.type.name === "decoration");
  const wanted = new Set(decorationWords(`${String(present?.attrs.value ?? "")} ${words}`));
  const value = ["underline", "line-through"].filter((word) => wanted.has(word)).join(" ");
  return value === "" ? marks : withValue(marks, "decoration", value);
}

/** Links are underlined anyway: what word processors write for that is no underlining. */
function withoutUnderline(marks: readonly Mark[]): readonly Mark[] {
  return marks.filter((mark) => mark.type.name !== "decoration" || mark.attrs.value !== "underline");
}

function withValue(marks: readonly Mark[], name: KeyedMark, value: string | null): readonly Mark[] {
  const others = marks.filter((mark) => mark.type.name !== name);
  return value === null ? others : Mark.setFrom([...others, schema.mark(name, { value })]);
}

/**
 * A colour as #rrggbb, if it is one that somebody chose: word processors give every text a colour, and black text or a
 * white background would be unreadable in a dark theme.
 */
function vividColour(value: string): string | null {
  const channels = channelsOf(value.trim().toLowerCase());
  if (channels === null || Math.max(...channels) - Math.min(...channels) < 48) return null;
  return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

const NAMED: Readonly<Record<string, string>> = {
  red: "#ff0000",
  yellow: "#ffff00",
  green: "#008000",
  lime: "#00ff00",
  blue: "#0000ff",
  purple: "#800080",
  fuchsia: "#ff00ff",
  aqua: "#00ffff",
  orange: "#ffa500",
  maroon: "#800000",
  navy: "#000080",
  teal: "#008080",
};

function channelsOf(value: string): readonly number[] | null {
  const hex = NAMED[value] ?? value;
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(hex) ?? /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(hex);
  if (long !== null) return long.slice(1).map((digits) => Number.parseInt(digits.padEnd(2, digits), 16));
  const rgb = /^rgba?\(\s*([0-9]{1,3})[\s,]+([0-9]{1,3})[\s,]+([0-9]{1,3})\s*\)$/.exec(hex);
  return rgb === null ? null : rgb.slice(1).map((number) => Math.min(255, Number(number)));
}
