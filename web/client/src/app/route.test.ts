import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRoute, pathOf, type Route, SETTINGS_SECTIONS } from "./route";

function parsed(path: string): Route {
  const url = new URL(path, "https://wave.example");
  return parseRoute(url);
}

const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !/^\.\.?$/.test(value));
const domain = fc.constantFrom("localhost", "example.com");
const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.constant<Route>({ kind: "inbox" }),
  text.map((name): Route => ({ kind: "folder", name })),
  fc.string({ unit: "grapheme" }).map((query): Route => ({ kind: "search", query })),
  fc
    .record({ domain, id: text, blip: fc.option(text, { nil: null }) })
    .map(({ domain: at, id, blip }): Route => ({ kind: "wave", wave: `${at}/${encodeURIComponent(id)}`, blip })),
  fc.constantFrom(...SETTINGS_SECTIONS).map((section): Route => ({ kind: "settings", section })),
  text.map((name): Route => ({ kind: "signin", next: `/folder/${encodeURIComponent(name)}` })),
  text.map((invitation): Route => ({ kind: "register", invitation })),
);

describe("an address", () => {
  it("leads back to the route that it was made from", () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(parsed(pathOf(route))).toEqual(route);
      }),
    );
  });

  it("names a wave and a blip in it as people would write them", () => {
    const route: Route = { kind: "wave", wave: "localhost/w+abc", blip: "b+xyz" };
    expect(pathOf(route)).toBe("/wave/localhost/w+abc#b+xyz");
    expect(parsed("/wave/localhost/w+abc#b+xyz")).toEqual(route);
  });

  it("is unknown rather than an error when it cannot be read", () => {
    for (const path of ["/%E0%A4%A", "/wave/localhost", "/wave/a/b/c", "/settings/nothing", "/folder", "/elsewhere"]) {
      expect(parsed(path)).toEqual({ kind: "unknown" });
    }
  });

  it("never leads out of the application after signing in", () => {
    for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      expect(parsed(`/signin?next=${encodeURIComponent(next)}`)).toEqual({ kind: "signin", next: null });
    }
  });
});
