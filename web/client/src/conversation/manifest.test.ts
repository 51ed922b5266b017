import { describe, expect, it } from "vitest";
import { type DocOp, WaveDocument } from "../ot";
import { isShown, isVisible, readConversation } from "./manifest";
import { element } from "./splicing";
import { readingOrder } from "./testing";

const blip = (id: string, content: DocOp = [], more = {}) => element("blip", { id, ...more }, content);
const thread = (id: string, content: DocOp, more = {}) => element("thread", { id, ...more }, content);
const read = (content: DocOp, attributes = {}) => {
  const conversation = readConversation(WaveDocument.fromOp(element("conversation", attributes, content)));
  if (conversation === null) throw new Error("there is no conversation");
  return conversation;
};

describe("a manifest", () => {
  it("is read into threads and blips with the places of their tags", () => {
    const conversation = read([...blip("b+1", thread("b+2", blip("b+2"))), ...blip("b+3")]);
    expect(conversation.size).toBe(10);
    expect(conversation.root).toMatchObject({ id: "", start: 0, end: 9 });
    expect(conversation.root.blips.map(({ id, start, end }) => [id, start, end])).toEqual([
      ["b+1", 1, 6],
      ["b+3", 7, 8],
    ]);
    expect(conversation.placed.get("b+2")).toMatchObject({
      blip: { start: 3, end: 4 },
      thread: { id: "b+2", start: 2, end: 5, inline: false },
      parent: { id: "b+1" },
    });
  });

  it("is read in the order of reading: a blip, its replies, the next one, none that is deleted", () => {
    const replies = [...thread("t+1", blip("b+2")), ...thread("t+2", [...blip("b+3"), ...blip("b+4")])];
    const conversation = read([...blip("b+1", replies, { deleted: "true" }), ...blip("b+5")]);
    expect([...readingOrder(conversation.root)].map(({ id }) => id)).toEqual(["b+2", "b+3", "b+4", "b+5"]);
  });

  it("shows a deleted blip only while something under it is to be seen", () => {
    const gone = blip("b+2", [], { deleted: "true" });
    const conversation = read([
      ...blip("b+1", thread("t", gone), { deleted: "true" }),
      ...blip("b+3", thread("u", blip("b+4")), { deleted: "true" }),
    ]);
    expect(conversation.root.blips.map(isShown)).toEqual([false, true]);
    expect(isVisible(conversation.root)).toBe(true);
  });

  it("may name a blip twice or not at all, and hold elements that nobody knows: those are left out", () => {
    const conversation = read([
      ...blip("b+1", element("peer", { id: "p" })),
      ...blip("b+1", thread("t", blip("b+2"))),
      ...element("blip", {}, []),
      ...thread("stray", blip("b+3")),
      ...blip("b+4", blip("b+5")),
    ]);
    expect([...conversation.placed.keys()]).toEqual(["b+1", "b+4"]);
  });

  it("may have a thread without an id, which then has no anchor", () => {
    const conversation = read(blip("b+1", element("thread", { inline: "true" }, blip("b+2"))));
    expect(conversation.root.blips[0]?.threads[0]).toMatchObject({ id: "", inline: false });
  });

  it("counts items and not elements where text stands between them", () => {
    const conversation = read([{ chars: "😀 odd" }, ...blip("b+1")]);
    expect(conversation.placed.get("b+1")?.blip.start).toBe(6);
  });

  it("names the place of a private reply, however its wavelet is written", () => {
    const place = { anchorBlip: "b+1", anchorVersion: "7", anchorManifestOffset: "1" };
    const anchors = ["localhost!conv+root", "localhost/conv+root", "localhost/w+x/localhost/conv+root"].map(
      (anchorWavelet) => read([], { ...place, anchorWavelet }).anchor,
    );
    for (const anchor of anchors) {
      expect(anchor).toEqual({ domain: "localhost", wavelet: "conv+root", blip: "b+1", version: 7, offset: null });
    }
    expect(read([], { ...place, anchorWavelet: "a!conv+b", anchorOffset: "4" }).anchor?.offset).toBe(4);
    expect(read([], { anchorBlip: "b+1" }).anchor).toBeNull();
  });

  it("may be missing", () => {
    expect(readConversation(undefined)).toBeNull();
    expect(readConversation(WaveDocument.empty())).toBeNull();
    expect(readConversation(WaveDocument.fromOp(element("data", {})))).toBeNull();
  });
});
