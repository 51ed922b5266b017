import { describe, expect, it } from "vitest";
import { completed, operatorIn, suggestionsFor, wordAt } from "./operators";

const texts = (word: string, places: readonly string[] = []): readonly string[] =>
  suggestionsFor(word, places).map((suggestion) => suggestion.text);

describe("completion in the search", () => {
  it("offers operators that begin like the word", () => {
    expect(texts("t")).toEqual(["tag:", "title:"]);
    expect(texts("IS")).toEqual(["is:unread"]);
    expect(texts("")).toEqual([]);
  });

  it("offers places, one's own folders among them, in quotes where they need them", () => {
    expect(texts("in:a", ["Autumn", "Two words"])).toEqual(["in:archive", "in:all", "in:Autumn"]);
    expect(texts("in:t", ["Two words"])).toEqual(['in:"Two words"']);
    expect(texts("is:")).toEqual(["is:unread", "is:pinned", "is:muted", "is:private"]);
  });

  it("completes the word that the caret is in, after astral characters too", () => {
    const query = "😀 is later";
    const word = wordAt(query, "😀 is".length);
    expect(word.text).toBe("is");
    expect(completed(query, word, "is:unread")).toEqual({ query: "😀 is:unread later", caret: "😀 is:unread ".length });
  });

  it("keeps the minus that excludes", () => {
    const word = wordAt("-ta", 3);
    expect([word.text, word.negated]).toEqual(["ta", true]);
    expect(completed("-ta", word, "tag:").query).toBe("-tag:");
  });

  it("does not take spaces within quotes for the end of a word", () => {
    expect(wordAt('in:"Two wo', 10).text).toBe('in:"Two wo');
  });
});

describe("a message about a search", () => {
  it("names the operator that it is about", () => {
    expect(operatorIn("before: takes a date, such as 2026-05-31, not 'soon'")).toEqual({
      written: "before:",
      example: "before:2026-01-31",
    });
    expect(operatorIn("is: takes unread, pinned, muted or private, not 'purple'")?.example).toBe("is:unread");
    expect(operatorIn("a search has at most 1000 characters")).toBeUndefined();
  });
});
