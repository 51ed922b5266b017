import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const tokens = new Map(
  [...css.matchAll(/(--gs-[\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [
    name ?? "",
    { light: light ?? "", dark: dark ?? "" },
  ]),
);
const THEMES = ["light", "dark"] as const;

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function colour(name: string, theme: (typeof THEMES)[number]): string {
  const token = tokens.get(`--gs-${name}`);
  if (token === undefined) throw new Error(`there is no token --gs-${name}`);
  return token[theme];
}

/** The pairs of text and background below the least contrast, in words. */
function tooFaint(texts: readonly string[], backgrounds: readonly string[], least: number): readonly string[] {
  return THEMES.flatMap((theme) =>
    texts.flatMap((text) =>
      backgrounds
        .filter((background) => contrast(colour(text, theme), colour(background, theme)) < least)
        .map((background) => `${text} on ${background}, ${theme}`),
    ),
  );
}

const SURFACES = ["bg", "bg-sunken", "bg-raised", "bg-hover", "bg-selected", "bg-field"];
const PEOPLE = Array.from({ length: 12 }, (_, index) => `person-${index}`);

describe("the colours", () => {
  it("let text be read on every surface", () => {
    expect(tooFaint(["text", "text-muted"], SURFACES, 4.5)).toEqual([]);
    expect(tooFaint(["link", "accent", "danger", "private"], ["bg", "bg-sunken", "bg-raised"], 4.5)).toEqual([]);
  });

  it("let text be read on what is coloured", () => {
    expect(tooFaint(["on-accent"], ["accent", "accent-hover"], 4.5)).toEqual([]);
    expect(tooFaint(["accent"], ["accent-soft"], 4.5)).toEqual([]);
    expect(tooFaint(["success"], ["success-soft"], 4.5)).toEqual([]);
    expect(tooFaint(["warning"], ["warning-soft"], 4.5)).toEqual([]);
    expect(tooFaint(["private"], ["private-soft"], 4.5)).toEqual([]);
    expect(tooFaint(["text"], ["danger-soft", "warning-soft", "private-soft", "success-soft"], 4.5)).toEqual([]);
  });

  it("tell people apart by names that can be read, in and on their colours", () => {
    expect(tooFaint(["on-person"], PEOPLE, 4.5)).toEqual([]);
    expect(tooFaint(PEOPLE, ["bg", "bg-raised"], 4.5)).toEqual([]);
    expect(
      tooFaint(
        ["text"],
        PEOPLE.map((name) => `${name}-soft`),
        4.5,
      ),
    ).toEqual([]);
  });

  it("show what can be filled in or is focused", () => {
    expect(tooFaint(["line-strong", "focus"], ["bg", "bg-raised", "bg-field"], 3)).toEqual([]);
  });
});
