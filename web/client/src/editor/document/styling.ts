/**
 * Which CSS values of annotations are shown, and the colours that the editor offers.
 *
 * Values come from anybody: only what matches these patterns reaches a style, so that no document can move, cover
 * or fetch anything. What does not match is kept in the document and not shown.
 */

/** The colours that the editor offers, by the value that documents hold. Shown by class, so each theme has its own. */
export const TEXT_COLOURS = {
  grey: "#5f6b6e",
  red: "#b3242b",
  orange: "#a64b00",
  green: "#12702b",
  blue: "#0b5cad",
  purple: "#7a3aa8",
} as const;

/** The background colours that the editor offers. */
export const BACKGROUND_COLOURS = {
  grey: "#e7ebec",
  red: "#fddfdd",
  yellow: "#fdf0b5",
  green: "#d5f2d8",
  blue: "#d8e9fd",
  purple: "#eee0fb",
} as const;

const NUMBER = "[0-9]{1,4}(?:\\.[0-9]{1,4})?";
const COLOUR = new RegExp(
  `^(?:#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,24}|(?:rgb|hsl)a?\\((?:[ ,/]*${NUMBER}(?:%|deg)?){3,4}[ ]*\\))$`,
  "i",
);
const SIZE =
  /^(?:[0-9]{1,2}(?:\.[0-9]{1,3})?(?:px|pt)|(?:0\.[5-9]|[1-2](?:\.[0-9]{1,3})?)r?em|(?:5|6|7|8|9|1[0-9]|2[0-9])[0-9]%|(?:x{1,2}-)?(?:small|large)|medium)$/;
const FAMILY = /^[\p{L}\p{N} ,'"-]{1,200}$/u;
const DECORATIONS = /^(?:(?:underline|line-through|overline|none)(?: |$)){1,3}$/;

/** Whether a value of `style/fontFamily` asks for a monospaced text: what the editor calls code. */
export function isMonospace(family: string): boolean {
  return /(?:^|,)\s*["']?(?:ui-)?monospace\b|courier|consolas|menlo/i.test(family);
}

/** Whether a value of `style/fontWeight` is bold. */
export function isBold(weight: string): boolean {
  return weight === "bold" || weight === "bolder" || (/^[0-9]{3,4}$/.test(weight) && Number(weight) >= 600);
}

/** Whether a value of `style/fontStyle` is italic. */
export function isItalic(slant: string): boolean {
  return slant === "italic" || slant === "oblique";
}

/** The words of a value of `style/textDecoration`. */
export function decorationWords(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== "" && word !== "none");
}

/** A CSS declaration for an annotation's value, or "" when the value is not one that is shown. */
export function declaration(
  property: "color" | "background-color" | "font-size" | "font-family",
  value: string,
): string {
  const pattern = property === "font-size" ? SIZE : property === "font-family" ? FAMILY : COLOUR;
  return pattern.test(value) ? `${property}: ${value}` : "";
}

/** The CSS declaration of a text decoration, or "". */
export function decorationStyle(value: string): string {
  return DECORATIONS.test(value) ? `text-decoration: ${value}` : "";
}

/** The name of the offered colour that a value is, if it is one. */
export function offeredColour(colours: Readonly<Record<string, string>>, value: string): string | undefined {
  return Object.keys(colours).find((name) => colours[name] === value.toLowerCase());
}
