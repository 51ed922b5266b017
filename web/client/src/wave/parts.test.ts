import { describe, expect, it } from "vitest";
import { continueAfter, newConversation, readConversation } from "../conversation";
import { type Happening, worthTelling } from "./announcements";
import { MountQueue } from "./mounting";
import { applyReversibly } from "./reversible";
import { FakeReplica } from "./testing";
import { timeAt, versionTimes } from "./versionTimes";
import { isReadable } from "./visibility";

const ALICE = "alice@a.test";
const BOB = "bob@a.test";

describe("announcements", () => {
  const wrote = (author: string, blip: string): Happening => ({ kind: "wrote", author, blip });

  it("tell each thing once, the latest ones, and not what was written into a message just added", () => {
    const replied: Happening = { kind: "replied", author: BOB, blip: "b+2" };
    expect(worthTelling([replied, wrote(BOB, "b+2"), wrote(BOB, "b+2"), wrote(BOB, "b+1"), wrote(BOB, "b+1")])).toEqual(
      [replied, wrote(BOB, "b+1")],
    );
    const many = ["b+1", "b+2", "b+3", "b+4", "b+5"].map((blip) => wrote(BOB, blip));
    expect(worthTelling(many)).toEqual(many.slice(2));
  });
});

describe("filling blips", () => {
  it("does the first at once and the others in idle slices, but not those that went meanwhile", () => {
    const idle: (() => void)[] = [];
    const queue = new MountQueue((run) => idle.push(run));
    expect(Array.from({ length: 14 }, () => queue.takeFirst()).filter(Boolean)).toHaveLength(12);
    const filled: number[] = [];
    const forget = Array.from({ length: 20 }, (_, index) => queue.later(() => filled.push(index)));
    forget[1]?.();
    idle.shift()?.();
    expect(filled).toEqual([0, 2, 3, 4, 5, 6, 7, 8]);
    while (idle.length > 0) idle.shift()?.();
    expect(filled).toHaveLength(19);
  });
});

describe("what counts as seen", () => {
  it("is most of a blip, or half a screen of a long one", () => {
    expect(isReadable({ ratio: 0.7, height: 50, viewport: 800 })).toBe(true);
    expect(isReadable({ ratio: 0.1, height: 500, viewport: 800 })).toBe(true);
    expect(isReadable({ ratio: 0.3, height: 100, viewport: 800 })).toBe(false);
  });
});

describe("a change that can be taken back", () => {
  const wave = () =>
    new FakeReplica("a.test/w+1/~/conv+root", [...newConversation(ALICE, "b+1", "text"), { add: BOB }]);

  it("is taken back around what others did after it", () => {
    const replica = wave();
    const change = applyReversibly(replica, ALICE, [
      { doc: "b+1", op: [{ retain: 3 }, { delchars: "te" }, { retain: 3 }] },
    ]);
    replica.receive(BOB, [{ doc: "b+1", op: [{ retain: 3 }, { chars: "😀" }, { retain: 3 }] }]);
    expect(change.undo()).toBe(true);
    expect(replica.document("b+1")?.text()).toMatch(/^(te😀|😀te)xt$/u);
    expect(change.undo()).toBe(false);
  });

  it("leaves nothing to take back when somebody has done so already, or the wave has ended here", () => {
    const replica = wave();
    const removal = applyReversibly(replica, ALICE, [{ remove: BOB }]);
    replica.receive("carol@a.test", [{ add: BOB }]);
    expect(removal.undo()).toBe(false);
    const manifest = readConversation(replica.document("conversation"));
    if (manifest === null) throw new Error("there is no manifest");
    const addition = applyReversibly(replica, ALICE, continueAfter(manifest, "b+1", "b+2"));
    replica.end("removed");
    expect(addition.undo()).toBe(false);
    expect(replica.listeners).toBe(0);
  });
});

describe("the time of a version", () => {
  it("is that of the first known point at or after it, and comes when the timeline does", async () => {
    const timeline = [
      { version: 2, timestamp: 100 },
      { version: 5, timestamp: 200 },
      { version: 9, timestamp: 300 },
    ];
    expect([1, 2, 3, 9, 10].map((version) => timeAt(timeline, version))).toEqual([100, 100, 200, 300, null]);
    const asked: string[] = [];
    const { timeOf } = versionTimes(async (wavelet) => {
      asked.push(wavelet);
      return timeline;
    });
    const replica = new FakeReplica("a.test/w+1/~/conv+root");
    expect(timeOf(replica, 3)).toBeNull();
    await Promise.resolve();
    expect(timeOf(replica, 3)).toBe(200);
    expect(asked).toEqual([replica.name]);
  });
});
