import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  isArgumentElement,
  isPluralElement,
  isSelectElement,
  type MessageFormatElement,
  parse,
} from "@formatjs/icu-messageformat-parser";
import { describe, expect, it } from "vitest";
import german from "./de";
import english from "./en";

const keys = Object.keys(english) as readonly (keyof typeof english)[];

/** The names that a message's placeholders have, and the kind of each. */
function argumentsOf(message: string): readonly string[] {
  const names = new Set<string>();
  const visit = (elements: readonly MessageFormatElement[]): void => {
    for (const element of elements) {
      if (isArgumentElement(element)) names.add(element.value);
      if (isPluralElement(element) || isSelectElement(element)) {
        names.add(element.value);
        for (const option of Object.values(element.options)) visit(option.value);
      }
      if ("value" in element && typeof element.value === "string" && element.type !== 0) names.add(element.value);
    }
  };
  visit(parse(message, { ignoreTag: true }));
  return [...names].sort();
}

describe("the catalogues", () => {
  it("have the same keys in every language", () => {
    expect(Object.keys(german).sort()).toEqual([...keys].sort());
  });

  it("hold messages that parse and take the same arguments in every language", () => {
    for (const key of keys) expect([key, argumentsOf(german[key])]).toEqual([key, argumentsOf(english[key])]);
  });

  it("say something in every message, without exclamation marks", () => {
    for (const message of [...Object.values(english), ...Object.values(german)]) {
      expect(message.trim()).not.toBe("");
      expect(message).not.toContain("!");
    }
  });

  it("hold no message that nobody shows", () => {
    const sources = join(import.meta.dirname, "..");
    const files = readdirSync(sources, { recursive: true, encoding: "utf8" });
    const code = files
      .filter((file) => /\.tsx?$/.test(file) && !/^i18n\/(?:en|de)\/|\.test\./.test(file))
      .map((file) => readFileSync(join(sources, file), "utf8"))
      .join("\n");
    const begun = [...code.matchAll(/`((?:[a-z]+\.)+)\$\{/g)].map(([, beginning]) => beginning ?? "");
    const isShown = (key: string): boolean =>
      code.includes(`"${key}"`) || begun.some((beginning) => key.startsWith(beginning));
    expect(keys.filter((key) => !isShown(key))).toEqual([]);
  });

  it("put each message into the area that its key begins with", async () => {
    for (const area of ["auth", "common", "editor", "history", "inbox", "settings", "sync", "wave"]) {
      const file: { readonly default: Readonly<Record<string, string>> } = await import(`./en/${area}.ts`);
      for (const key of Object.keys(file.default)) expect(key.startsWith(`${area}.`), key).toBe(true);
    }
  });
});
