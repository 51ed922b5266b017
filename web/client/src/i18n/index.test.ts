import { afterEach, describe, expect, it } from "vitest";
import { formatBytes, formatList, locale, preferredLocale, regionOf, setLocale, t } from ".";
import { relativeTime } from "./relative";

afterEach(() => setLocale("en"));

describe("the language", () => {
  it("is the first of the reader's that we have, with their region for dates and numbers", () => {
    expect(preferredLocale(["fr-FR", "de-AT", "en"])).toBe("de");
    expect(preferredLocale(["fr", "ja"])).toBe("en");
    expect(regionOf("en", ["de-DE", "en-GB"])).toBe("en-GB");
    expect(regionOf("de", ["en-GB"])).toBe("de");
  });

  it("changes everything at once", async () => {
    expect(t("common.morePeople", { count: 2 })).toBe("2 more people");
    await setLocale("de");
    expect(locale.value).toBe("de");
    expect(t("common.morePeople", { count: 1 })).toBe("1 weitere Person");
    expect(formatList(["Anna", "Ben"])).toBe("Anna und Ben");
  });

  it("leaves what looks like a tag in a message and in its values alone", () => {
    expect(t("common.everybodyAt", { domain: "<b>x</b>" })).toBe("Everybody at <b>x</b>");
  });

  it("does not hide a missing value", () => {
    expect(() => t("common.morePeople")).toThrow();
  });
});

describe("a size", () => {
  it("is told in the unit that people use for it", () => {
    expect([0, 999, 3_200_000].map(formatBytes)).toEqual(["0 byte", "999 byte", "3.2 MB"]);
  });
});

describe("a time", () => {
  const now = new Date(2026, 4, 12, 12, 0).getTime();

  it("is told the finer the closer it is", () => {
    const kinds = [
      new Date(2026, 4, 12, 11, 59, 30),
      new Date(2026, 4, 12, 11, 15),
      new Date(2026, 4, 12, 0, 5),
      new Date(2026, 4, 11, 23, 55),
      new Date(2026, 4, 1),
    ].map((moment) => relativeTime(moment.getTime(), now).kind);
    expect(kinds).toEqual(["now", "minutes", "time", "weekday", "date"]);
  });

  it("is now when another clock is ahead", () => {
    expect(relativeTime(now + 5_000, now).kind).toBe("now");
  });
});
