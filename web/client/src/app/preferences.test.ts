import fc from "fast-check";
import { expect, it } from "vitest";
import { LIST_WIDTH, readPreferences } from "./preferences";

it("reads back what was chosen", () => {
  const chosen = { theme: "dark", locale: "de", singleKeys: false, listWidth: 400 } as const;
  expect(readPreferences(JSON.stringify(chosen))).toEqual(chosen);
});

it("takes whatever else may be kept for nothing chosen", () => {
  const usual = readPreferences(null);
  for (const text of ["", "null", "[]", "{", '{"theme":"pink","listWidth":1e9,"locale":"xx","singleKeys":"yes"}']) {
    expect(readPreferences(text)).toEqual(usual);
  }
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { listWidth } = readPreferences(text);
      expect(listWidth >= LIST_WIDTH.least && listWidth <= LIST_WIDTH.most).toBe(true);
    }),
  );
});
