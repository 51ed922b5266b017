import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DocOp, WaveDocument } from "../ot";
import { changed, changesText, isUnread, lastOf, UNKNOWN, withText } from "./activity";
import { newBlipId, randomToken } from "./ids";
import { parseWaveletPath, readAddress, userWaveletPath, waveletPath } from "./names";
import { mergeMarks, NOTHING_READ, readMarks, readVersion } from "./readState";
import { deleteItems, element } from "./splicing";
import { addTag, readTags, removeTag } from "./tags";
import { TestWavelet } from "./testing";
import { blipDocument, linesOf, printable, snippetOf, titleOf } from "./text";

describe("ids", () => {
  it("are 72 bits of what they are given, in URL-safe base64", () => {
    const counting = (bytes: Uint8Array<ArrayBuffer>) => bytes.map((_, index) => 251 + index);
    expect(randomToken(counting)).toBe("-_z9_v8AAQID");
    expect(newBlipId()).toMatch(/^b\+[A-Za-z0-9_-]{12}$/u);
    expect(newBlipId()).not.toBe(newBlipId());
  });
});

describe("names", () => {
  it("write the wave's own domain as a tilde", () => {
    expect(waveletPath("a.test/w+x", "a.test", "conv+root")).toBe("a.test/w+x/~/conv+root");
    expect(userWaveletPath("a.test/w+x", "bob@b.test")).toBe("a.test/w+x/b.test/user+bob@b.test");
    expect(parseWaveletPath("a.test/w+x/~/conv+root")).toEqual({
      wave: "a.test/w+x",
      domain: "a.test",
      id: "conv+root",
    });
    expect(parseWaveletPath("a.test/w+x/conv+root")).toBeNull();
  });

  it("complete an address that names no domain, and refuse what is none", () => {
    expect(readAddress(" Bob ", "a.test")).toEqual({ kind: "address", address: "bob@a.test" });
    expect(readAddress("@a.test", "a.test")).toEqual({ kind: "address", address: "@a.test" });
    expect(readAddress("  ", "a.test")).toEqual({ kind: "empty" });
    for (const typed of ["bob@", "a b@c", "bob@a@b", "a/b@c", `${"x".repeat(300)}@a`]) {
      expect(readAddress(typed, "a.test")).toEqual({ kind: "malformed" });
    }
  });
});

describe("text", () => {
  const bold = ["style/fontWeight", null, "bold"] as const;
  const titled: DocOp = [
    { start: ["body", {}] },
    ...element("line", {}),
    { chars: " " },
    ...element("line", { t: "h1" }),
    { chars: "Trip 😀 " },
    { ann: { change: [["conv/title", null, ""]] } },
    { chars: "to Rome" },
    { ann: { end: ["conv/title"] } },
    { end: true },
  ];

  it("of a title is what is marked as one, else the first line that is not blank", () => {
    expect(titleOf(WaveDocument.fromOp(titled))).toBe("to Rome");
    expect(titleOf(WaveDocument.fromOp(blipDocument("\n  Trip 😀\nmore")))).toBe("Trip 😀");
    expect(titleOf(WaveDocument.empty())).toBe("");
    expect(titleOf(undefined)).toBe("");
  });

  it("of several lines begins a line with each, without what no document may hold", () => {
    const document = WaveDocument.fromOp(blipDocument("a\u0007b\n\nc\ud800"));
    expect(linesOf(document)).toEqual(["ab", "", "c"]);
    expect(printable("a\tb\ufdd0\u{1ffff}😀")).toBe("a b😀");
  });

  it("of a snippet is cut between characters and never in one", () => {
    const document = WaveDocument.fromOp(blipDocument("😀😀\n😀😀"));
    expect(snippetOf(document, 5)).toBe("😀😀 😀😀");
    expect(snippetOf(document, 3)).toBe("😀😀…");
  });

  it("is deleted with its annotations wherever the piece begins and ends", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), fc.nat(8), fc.nat(8), (bolds, one, other) => {
        const from = Math.min(one, other, bolds.length);
        const to = Math.min(Math.max(one, other), bolds.length);
        const text = bolds.flatMap(
          (is): DocOp => [{ ann: is ? { change: [bold] } : { end: ["style/fontWeight"] } }, { chars: "𝒜" }],
        );
        const document = WaveDocument.fromOp(cleaned(text));
        document.apply(deleteItems(document, from, to));
        expect(document.toOp()).toEqual(WaveDocument.fromOp(cleaned(without(text, from, to))).toOp());
      }),
    );
  });
});

/** Pairs of an annotation boundary and a character, without those from `from` to `to`. */
function without(text: DocOp, from: number, to: number): DocOp {
  return text.filter((_, index) => Math.floor(index / 2) < from || Math.floor(index / 2) >= to);
}

/** Boundaries that end what is not open are not well-formed: left out, and what stays open is ended. */
function cleaned(text: DocOp): DocOp {
  let open = false;
  const kept = text.filter((component) => {
    if (!("ann" in component)) return true;
    const before = open;
    open = component.ann.change !== undefined;
    return before !== open;
  });
  return open ? [...kept, { ann: { end: ["style/fontWeight"] } }] : kept;
}

describe("tags", () => {
  it("are added at the end, and taken away by their text", () => {
    const wavelet = new TestWavelet();
    for (const tag of ["Rome", "#2027 😀", "food"]) {
      const added = addTag(wavelet.document("tags"), tag);
      if (added.kind === "added") wavelet.apply(added.operations);
    }
    expect(readTags(wavelet.document("tags")).map(({ text }) => text)).toEqual(["Rome", "2027 😀", "food"]);
    wavelet.apply(removeTag(wavelet.document("tags"), "2027 😀"));
    expect(readTags(wavelet.document("tags")).map(({ text }) => text)).toEqual(["Rome", "food"]);
    expect(removeTag(wavelet.document("tags"), "none")).toEqual([]);
  });

  it("that are blank, too long or there already are refused with the reason", () => {
    const document = WaveDocument.fromOp(element("tag", {}, [{ chars: "Rome" }]));
    expect(addTag(document, " # ".trim())).toEqual({ kind: "blank" });
    expect(addTag(document, "rome")).toEqual({ kind: "present" });
    expect(addTag(document, "😀".repeat(65))).toEqual({ kind: "too-long" });
    expect(addTag(undefined, "😀".repeat(64)).kind).toBe("added");
  });

  it("of one text are taken away together", () => {
    const twice = [...element("tag", {}, [{ chars: "a" }]), ...element("tag", {}, [{ chars: "a" }])];
    const wavelet = new TestWavelet().apply([{ doc: "tags", op: twice }]);
    wavelet.apply(removeTag(wavelet.document("tags"), "a"));
    expect(wavelet.document("tags")?.size).toBe(0);
  });
});

describe("read marks", () => {
  const path = "a.test/w+x/~/conv+root";
  const wavelets: DocOp = [
    ...element("wavelet", { i: "a.test!conv+root" }, [
      ...element("blip", { i: "b+1", v: "7" }),
      ...element("blip", { i: "b+1", v: "5" }),
      ...element("blip", { i: "b+2", v: "x" }),
      ...element("all", { v: "3" }),
    ]),
    ...element("wavelet", { i: "other.test/conv+root" }, element("blip", { i: "b+1", v: "99" })),
  ];

  it("count the largest entry of the right wavelet, with a root element and without", () => {
    for (const content of [wavelets, element("data", {}, wavelets)]) {
      const marks = readMarks(WaveDocument.fromOp(content), path);
      expect([readVersion(marks, "b+1"), readVersion(marks, "b+2"), readVersion(marks, "b+3")]).toEqual([7, 3, 3]);
    }
    expect(readMarks(undefined, path)).toEqual(NOTHING_READ);
  });

  it("are found under each way to name the wavelet", () => {
    for (const i of ["conv+root", "~/conv+root", "a.test/conv+root", path]) {
      const document = WaveDocument.fromOp(element("wavelet", { i }, element("all", { v: "4" })));
      expect(readMarks(document, path).all).toBe(4);
    }
  });

  it("only grow when two are merged", () => {
    const one = { blips: new Map([["b+1", 4]]), all: 1 };
    const other = {
      blips: new Map([
        ["b+1", 2],
        ["b+2", 3],
      ]),
      all: 2,
    };
    expect(mergeMarks(one, other)).toEqual(mergeMarks(other, one));
    expect(readVersion(mergeMarks(one, other), "b+1")).toBe(4);
  });
});

describe("a blip's activity", () => {
  const bobs = { version: 9, author: "bob@a.test", timestamp: 1000 };
  const alices = { version: 12, author: "alice@a.test", timestamp: 2000 };

  it("comes from operations while the wave is open, and from its text before", () => {
    const text = [
      { author: "carol@a.test", version: 5 },
      { author: "alice@a.test", version: 2 },
      { author: "alice@a.test", version: 7 },
    ];
    const activity = withText(changed(UNKNOWN, bobs), text, (version) => version * 10);
    expect(activity.authors).toEqual(["alice@a.test", "carol@a.test", "bob@a.test"]);
    expect(lastOf(activity)).toEqual(bobs);
    expect(activity.latest.get("alice@a.test")).toEqual({ version: 7, author: "alice@a.test", timestamp: 70 });
    expect(lastOf(withText(changed(UNKNOWN, alices), text, () => null))).toEqual(alices);
    expect(lastOf(UNKNOWN)).toBeNull();
  });

  it("is unread when someone else changed it above the mark, also where the reader wrote after them", () => {
    const activity = changed(changed(UNKNOWN, bobs), alices);
    expect(isUnread(activity, "alice@a.test", 8)).toBe(true);
    expect(isUnread(activity, "alice@a.test", 9)).toBe(false);
    expect(isUnread(changed(UNKNOWN, bobs), "bob@a.test", 0)).toBe(false);
    expect(isUnread(UNKNOWN, "alice@a.test", 0)).toBe(false);
  });

  it("does not count what keeps everything, nor the original's cursors", () => {
    const boundary = (key: string): DocOp => [
      { ann: { change: [[key, null, "x"]] } },
      { retain: 1 },
      { ann: { end: [key] } },
    ];
    expect(changesText([{ retain: 4 }])).toBe(false);
    expect(changesText(boundary("user/d/1"))).toBe(false);
    expect(changesText(boundary("style/color"))).toBe(true);
    expect(changesText([{ chars: "a" }])).toBe(true);
  });
});
