import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoints, hasBarredCharacter, isXmlName, itemOffset, utf16Offset } from "./characters";

const UNITS = fc
  .array(fc.oneof(fc.constantFrom(0xd83d, 0xde00, 0x61), fc.integer({ min: 0, max: 0xffff })), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units)); // lone surrogates included

test("characters are counted as code points, whatever the string holds", () => {
  fc.assert(fc.property(UNITS, (text) => codePoints(text) === Array.from(text).length));
  expect(["", "abc", "😀", "𝒜𝒜", "🇩🇪", "👩‍👩‍👧‍👦"].map(codePoints)).toEqual([0, 3, 1, 2, 2, 7]);
});

test("an item's offset in units, and the items before it, lead to each other", () => {
  fc.assert(
    fc.property(UNITS, (text) => {
      const characters = Array.from(text);
      for (let items = 0; items <= characters.length; items++) {
        const unit = characters.slice(0, items).join("").length;
        expect(utf16Offset(text, items)).toBe(unit);
        expect(itemOffset(text, unit)).toBe(items);
      }
    }),
  );
});

test("an offset inside a pair counts the whole pair", () => {
  expect([0, 1, 2, 3].map((unit) => itemOffset("😀a", unit))).toEqual([0, 1, 1, 2]);
});

test("counting can start behind what has been counted", () => {
  expect(utf16Offset("a😀b𝒜c", 2, 3)).toBe(6);
});

test("offsets outside a text are refused", () => {
  expect(() => utf16Offset("😀", 2)).toThrow(RangeError);
  expect(() => itemOffset("😀", 3)).toThrow(RangeError);
  expect(() => itemOffset("😀", -1)).toThrow(RangeError);
});

test.each(["\ud83d", "a\ude00", "\ude00\ud83d", "\ufdd0", "\ufdef", "\ufffe", "\uffff", "\u{1fffe}", "\u{10ffff}"])(
  "surrogates and noncharacters are barred: %j",
  (text) => {
    expect(hasBarredCharacter(text)).toBe(true);
    expect(isXmlName(`a${text}`)).toBe(false);
  },
);

test.each(["\0", "\x1f", "\ufffd", "\ufeff", "\ue000", "\u200e", "\u{10fffd}", "😀", "👩‍🚀"])(
  "control characters, private use and pairs are not: %j",
  (text) => expect(hasBarredCharacter(text)).toBe(false),
);

test.each(["a", ":", "_a.b-c:d", "é", "\u{10000}", "\u200c", "xml:lang", "a\u00b7", "__proto__"])(
  "a name of XML's fifth edition: %j",
  (name) => expect(isXmlName(name)).toBe(true),
);

test.each(["", "1", "-a", "a b", "a\n", "×", "\u00b7", "\u037e", "\ud83d", "a/b", "\u{f0000}", "a\u{1fffe}"])(
  "no name: %j",
  (name) => expect(isXmlName(name)).toBe(false),
);
