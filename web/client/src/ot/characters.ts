/**
 * Characters are Unicode code points, while JavaScript's strings count UTF-16 units: here the two meet.
 *
 * A lone surrogate counts as one character, as in `Array.from`, though no document may hold one. Also: which characters
 * text may hold, and what an XML name is. Source: OT.md, rule V2; XML 1.0, fifth edition, productions 4 and 5.
 */

const LONE_SURROGATE = "\\ud800-\\udfff"; // in a pattern with the flag u, paired ones are not met
const NONCHARACTERS = `\\ufdd0-\\ufdef${Array.from({ length: 17 }, (_, plane) => {
  const last = (plane * 0x10000 + 0xfffe).toString(16);
  return `\\u{${last}}\\u{${last.slice(0, -1)}f}`;
}).join("")}`;
const BARRED = new RegExp(`[${LONE_SURROGATE}${NONCHARACTERS}]`, "u");

const NAME_START =
  ":A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c-\\u200d\\u2070-\\u218f" +
  "\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}";
const NAME = new RegExp(`^[${NAME_START}][-.0-9\\u00b7\\u0300-\\u036f\\u203f-\\u2040${NAME_START}]*$`, "u");

/** Whether text holds a lone surrogate or one of the 66 noncharacters, which are barred everywhere. */
export function hasBarredCharacter(text: string): boolean {
  return BARRED.test(text);
}

/** Whether text is a Name of XML 1.0, fifth edition, without the noncharacters that XML lets pass. */
export function isXmlName(text: string): boolean {
  return NAME.test(text) && !BARRED.test(text);
}

/** The length of text in code points, which is its length in items. Linear. */
export function codePoints(text: string): number {
  let items = text.length;
  for (let index = 0; index + 1 < text.length; index++) {
    if (isPair(text, index)) {
      items--;
      index++;
    }
  }
  return items;
}

/**
 * Where in the string the item number `items` begins, in UTF-16 units; the string's length for its end.
 *
 * `from` (UTF-16 units, default 0) is where counting starts. Throws RangeError when the text has fewer items.
 */
export function utf16Offset(text: string, items: number, from = 0): number {
  let index = from;
  for (let left = items; left > 0; left--) {
    if (index >= text.length) throw new RangeError(`${items} items of a text of ${codePoints(text)}`);
    index += isPair(text, index) ? 2 : 1;
  }
  return index;
}

/**
 * How many items begin before a UTF-16 offset. Inside a surrogate pair that includes the pair: no item is cut.
 *
 * Throws RangeError when the offset is not in the text.
 */
export function itemOffset(text: string, utf16: number): number {
  if (utf16 < 0 || utf16 > text.length) throw new RangeError(`offset ${utf16} in a text of ${text.length} units`);
  return codePoints(text.slice(0, utf16));
}

/** Whether a high surrogate stands at `index`, and a low one behind it. */
function isPair(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}
