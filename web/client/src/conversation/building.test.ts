import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DocOp, WaveletOperation } from "../ot";
import {
  appendBlip,
  continueAfter,
  deleteBlip,
  findAnchor,
  MissingBlip,
  newConversation,
  privateReply,
  replyTo,
  restoreBlip,
} from "./building";
import { isShown, isVisible } from "./manifest";
import { parseWaveletPath } from "./names";
import { element, insertAt, setAttribute } from "./splicing";
import { readingOrder, TestWavelet } from "./testing";
import { carryOver, inverseOf } from "./undoing";

const ALICE = "alice@example.com";
const wave = () => new TestWavelet().apply(newConversation(ALICE, "b+1", "Hello 😀"));
const order = (wavelet: TestWavelet) => [...readingOrder(wavelet.conversation().root)].map(({ id }) => id);

/** A `reply` element put before the last item of a blip's text, as the editor does at the caret. */
function anchor(wavelet: TestWavelet, blip: string, thread: string): WaveletOperation {
  const size = wavelet.document(blip)?.size ?? 0;
  return { doc: blip, op: insertAt(size, size - 1, element("reply", { id: thread })) };
}

describe("a new wave", () => {
  it("has its author, a manifest with one blip, and the blip's one empty line", () => {
    const wavelet = new TestWavelet().apply(newConversation(ALICE, "b+1"));
    expect(wavelet.participants).toEqual([ALICE]);
    expect(order(wavelet)).toEqual(["b+1"]);
    const empty: DocOp = [{ start: ["body", {}] }, { start: ["line", {}] }, { end: true }, { end: true }];
    expect(wavelet.document("b+1")?.toOp()).toEqual(empty);
  });
});

describe("replying", () => {
  it("continues a thread with a blip after another, and at its end", () => {
    const wavelet = wave();
    wavelet.apply(continueAfter(wavelet.conversation(), "b+1", "b+3"));
    wavelet.apply(continueAfter(wavelet.conversation(), "b+1", "b+2"));
    wavelet.apply(appendBlip(wavelet.conversation(), wavelet.conversation().root, "b+4", "text"));
    expect(order(wavelet)).toEqual(["b+1", "b+2", "b+3", "b+4"]);
    expect(wavelet.text("b+4")).toBe("text");
  });

  it("starts a thread behind those there are, inline ones too", () => {
    const wavelet = wave();
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+2"));
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+3", { inline: true }));
    const threads = wavelet.conversation().root.blips[0]?.threads;
    expect(threads?.map(({ id, inline }) => [id, inline])).toEqual([
      ["b+2", false],
      ["b+3", true],
    ]);
  });

  it("to a blip that is gone raises, and says which", () => {
    const { conversation } = { conversation: wave().conversation() };
    expect(() => replyTo(conversation, "b+9", "b+2")).toThrow(MissingBlip);
    expect(() => continueAfter(conversation, "b+9", "b+2")).toThrow("no blip b+9");
  });

  it("in private makes a wavelet of the wave that names its place, and each participant once", () => {
    const parent = wave();
    parent.apply(continueAfter(parent.conversation(), "b+1", "b+2"));
    const wavelet = parseWaveletPath("localhost/w+x/~/conv+root");
    if (wavelet === null) throw new Error("not a path");
    const reply = new TestWavelet().apply(
      privateReply({
        author: ALICE,
        participants: ["bob@example.com", ALICE, "bob@example.com"],
        blip: "b+p",
        anchorBlip: "b+2",
        parent: wavelet,
        parentVersion: 5,
        conversation: parent.conversation(),
      }),
    );
    expect(reply.participants).toEqual([ALICE, "bob@example.com"]);
    expect(reply.conversation().anchor).toEqual({
      domain: "localhost",
      wavelet: "conv+root",
      blip: "b+2",
      version: 5,
      offset: null,
    });
    expect(order(reply)).toEqual(["b+p"]);
  });
});

describe("deleting a blip", () => {
  it("takes it out of the manifest and empties its document", () => {
    const wavelet = wave();
    wavelet.apply(continueAfter(wavelet.conversation(), "b+1", "b+2", "gone 𝒜"));
    wavelet.apply(deleteBlip(wavelet.conversation(), wavelet.document, "b+2"));
    expect(order(wavelet)).toEqual(["b+1"]);
    expect(wavelet.document("b+2")?.size).toBe(0);
  });

  it("only marks it while somebody's reply is under it", () => {
    const wavelet = wave();
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+2"));
    wavelet.apply(deleteBlip(wavelet.conversation(), wavelet.document, "b+1"));
    expect(wavelet.conversation().placed.get("b+1")?.blip.deleted).toBe(true);
    expect(wavelet.text("b+1")).toBe("Hello 😀");
    expect(wavelet.conversation().root.blips.map(isShown)).toEqual([true]);
    expect(deleteBlip(wavelet.conversation(), wavelet.document, "b+1")).toEqual([]);
    wavelet.apply(restoreBlip(wavelet.conversation(), "b+1"));
    expect(order(wavelet)).toEqual(["b+1", "b+2"]);
    expect(restoreBlip(wavelet.conversation(), "b+1")).toEqual([]);
  });

  it("marks one that was said not to be deleted, too", () => {
    const wavelet = wave();
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+2"));
    wavelet.apply([
      { doc: "conversation", op: setAttribute(wavelet.conversation().size, 1, "deleted", null, "false") },
    ]);
    wavelet.apply(deleteBlip(wavelet.conversation(), wavelet.document, "b+1"));
    expect(order(wavelet)).toEqual(["b+2"]);
  });

  it("takes the thread with its last blip, and the thread's anchors in formatted text", () => {
    const wavelet = wave();
    const bold: DocOp = [
      { retain: 3 },
      { ann: { change: [["style/fontWeight", null, "bold"]] } },
      { retain: 4 },
      { ann: { end: ["style/fontWeight"] } },
      { retain: 4 },
    ];
    wavelet.apply([{ doc: "b+1", op: bold }]);
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+2", { inline: true }));
    const within = insertAt(11, 5, element("reply", { id: "b+2" }));
    wavelet.apply([{ doc: "b+1", op: within }, anchor(wavelet, "b+1", "b+2")].slice(0, 1));
    wavelet.apply([anchor(wavelet, "b+1", "b+2")]);
    wavelet.apply(deleteBlip(wavelet.conversation(), wavelet.document, "b+2"));
    expect(wavelet.conversation().root.blips[0]?.threads).toEqual([]);
    expect(findAnchor(wavelet.document("b+1") ?? fail(), "b+2")).toBeNull();
    expect(wavelet.text("b+1")).toBe("Hello 😀");
  });

  it("is undone by its inverse, carried over what others did meanwhile", () => {
    const wavelet = wave();
    wavelet.apply(replyTo(wavelet.conversation(), "b+1", "b+2", { inline: true }));
    wavelet.apply([anchor(wavelet, "b+1", "b+2")]);
    const deletion = deleteBlip(wavelet.conversation(), wavelet.document, "b+2");
    wavelet.apply(deletion);
    const bobs = [
      ...replyTo(wavelet.conversation(), "b+1", "b+3"),
      { doc: "b+1", op: insertAt(11, 3, [{ chars: "𝒜" }]) },
    ];
    wavelet.apply(bobs);
    wavelet.apply(carryOver(inverseOf(deletion), ALICE, bobs, "bob@example.com"));
    expect(order(wavelet).sort()).toEqual(["b+1", "b+2", "b+3"]);
    expect(findAnchor(wavelet.document("b+1") ?? fail(), "b+2")).toBe(11);
  });
});

describe("any history of building and deleting", () => {
  type Step = { readonly act: "append" | "continue" | "reply" | "inline" | "delete"; readonly pick: number };
  const steps = fc.array(
    fc.record({
      act: fc.constantFrom<Step["act"]>("append", "continue", "reply", "inline", "delete"),
      pick: fc.nat(1000),
    }),
    { maxLength: 40 },
  );

  function operationsOf(wavelet: TestWavelet, step: Step, id: string): readonly WaveletOperation[] {
    const conversation = wavelet.conversation();
    const blips = [...conversation.placed.keys()];
    const picked = blips[step.pick % Math.max(blips.length, 1)];
    if (picked === undefined || step.act === "append") return appendBlip(conversation, conversation.root, id, "😀 new");
    if (step.act === "continue") return continueAfter(conversation, picked, id);
    if (step.act === "delete") return deleteBlip(conversation, wavelet.document, picked);
    return replyTo(conversation, picked, id, { inline: step.act === "inline" });
  }

  it("gives manifests that the schema permits, without threads that are empty", () => {
    fc.assert(
      fc.property(steps, (history) => {
        const wavelet = wave();
        history.forEach((step, index) => {
          wavelet.apply(operationsOf(wavelet, step, `b+n${index}`)); // which raises on what the schema refuses
        });
        const { placed, root } = wavelet.conversation();
        for (const { thread } of placed.values()) expect(thread.blips.length).toBeGreaterThan(0);
        expect(isVisible(root)).toBe([...readingOrder(root)].length > 0);
      }),
    );
  });

  it("is taken back step by step to where it began", () => {
    fc.assert(
      fc.property(steps, (history) => {
        const wavelet = wave();
        const before = wavelet.contents();
        const done = history.map((step, index) => {
          const operations = operationsOf(wavelet, step, `b+n${index}`);
          wavelet.apply(operations);
          return operations;
        });
        for (const operations of done.reverse()) wavelet.apply(inverseOf(operations));
        expect(wavelet.contents()).toEqual(before);
      }),
    );
  });
});

function fail(): never {
  throw new Error("the document is missing");
}
