import { expect, it } from "vitest";
import { initials } from "./initials";

it("takes the first characters of the first and the last word", () => {
  expect(initials("Ada Brandt")).toBe("AB");
  expect(initials("Juan Carlos de la Vega")).toBe("JV");
  expect(initials("ada@example.com")).toBe("A");
  expect(initials("émile")).toBe("É");
});

it("takes whole characters, also where they are made of many", () => {
  expect(initials("👨‍👩‍👧 Family")).toBe("👨‍👩‍👧F");
  expect(initials("𝒜da 🇩🇪")).toBe("𝒜🇩🇪");
});

it("has something for a name of nothing but spaces", () => {
  expect(initials("  ")).toBe("?");
});
