// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PeopleSource } from "../app/people";
import { deleteBlip, newConversation, privateReply, readConversation, replyTo } from "../conversation";
import type { WaveletOperation } from "../ot";
import { WaveActions } from "./actions";
import { type OpenWave, WaveContext } from "./context";
import { inlineReplies } from "./InlineReplies";
import { Blips } from "./Thread";
import { FakeReplica, FakeWave } from "./testing";

// What is tested here is around the text; the editor has tests of its own.
vi.mock("../editor", () => ({
  BlipContent: () => (
    <p data-still="">
      <a href="#elsewhere">the timetable</a>
    </p>
  ),
  BlipEditor: ({ editable }: { readonly editable: boolean }) => <p data-lively={String(editable)} />,
}));

const ALICE = "alice@a.test";
const BOB = "bob@a.test";
const WAVE = "a.test/w+1";
const ROOT = `${WAVE}/~/conv+root`;

const people: PeopleSource = {
  name: (address) => address.split("@")[0] ?? address,
  colour: () => 0,
  avatarUrl: () => null,
  suggest: async () => [],
  lookUp: async (domain) => (domain === "b.test" ? "found" : "unreachable"),
  loaded: signal(0),
};

let container: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IntersectionObserver", NearObserver);
  container = document.createElement("div");
  document.body.append(container);
});
afterEach(() => {
  void act(() => render(null, container));
  container.remove();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Everything is about to be seen, and nothing is. */
class NearObserver {
  readonly #tell: IntersectionObserverCallback;
  readonly #near: boolean;
  constructor(tell: IntersectionObserverCallback, { rootMargin }: IntersectionObserverInit = {}) {
    this.#tell = tell;
    this.#near = rootMargin !== undefined;
  }
  observe(target: Element): void {
    const seen = { target, isIntersecting: this.#near, intersectionRatio: 0, intersectionRect: new DOMRect() };
    this.#tell([seen as IntersectionObserverEntry], this as unknown as IntersectionObserver);
  }
  unobserve(): void {}
}

function manifestOf(replica: FakeReplica) {
  const manifest = readConversation(replica.document("conversation"));
  if (manifest === null) throw new Error("there is no manifest");
  return manifest;
}

/** Alice's blip b+1 with Bob's reply b+2, shown to Alice. */
function shown() {
  const root = new FakeReplica(ROOT, newConversation(ALICE, "b+1", "Title"));
  root.apply([{ add: BOB }, ...replyTo(manifestOf(root), "b+1", "b+2")]);
  const fake = new FakeWave(WAVE, ALICE, [root]);
  fake.attribution(root, "b+1").value = [{ items: 8, author: ALICE, version: 3 }];
  fake.attribution(root, "b+2").value = [{ items: 4, author: BOB, version: 6 }];
  const model = fake.model();
  const open: OpenWave = { model, actions: new WaveActions(model, people.name), people, inlineReplies };
  const Whole = () => {
    const conversation = model.root.value;
    const thread = conversation?.conversation.value?.root;
    return conversation && thread ? <Blips conversation={conversation} thread={thread} depth={0} /> : null;
  };
  void act(() =>
    render(
      <WaveContext.Provider value={open}>
        <Whole />
      </WaveContext.Provider>,
      container,
    ),
  );
  return { root, fake, model };
}

const blip = (id: string): HTMLElement => {
  const found = container.querySelector<HTMLElement>(`[data-blip="${id}"]`);
  if (found === null) throw new Error(`${id} is not shown`);
  return found;
};
const button = (text: string): HTMLElement => {
  const all = [...container.querySelectorAll<HTMLElement>("button")];
  const found = all.find((it) => it.textContent === text || it.getAttribute("aria-label") === text);
  if (found === null || found === undefined) throw new Error(`there is no button ${text}`);
  return found;
};
const press = (id: string, key: string, more = {}): void =>
  void act(() => void blip(id).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more })));

describe("a thread", () => {
  it("shows blips with their authors, and says which are unread", () => {
    shown();
    expect(blip("b+1").getAttribute("aria-label")).toBe("Message by alice");
    expect(blip("b+2").querySelector(".gs-blip-dot")).not.toBeNull();
    expect(blip("b+1").querySelector(".gs-blip-dot")).toBeNull();
  });

  it("is folded and unfolded, and counts what is unread in it while it is folded", () => {
    shown();
    void act(() => button("Fold 1 reply").click());
    expect(container.querySelector('[data-blip="b+2"]')).toBeNull();
    void act(() => button("1 reply, 1 unread").click());
    expect(blip("b+2")).not.toBeNull();
  });

  it("draws text plainly until it is written in, has something new, or somebody's caret", () => {
    const { fake } = shown();
    expect(blip("b+1").querySelector("[data-still]")).not.toBeNull();
    expect(blip("b+2").querySelector('[data-lively="false"]')).not.toBeNull(); // for its bars
    const cursor = { wavelet: ROOT, author: BOB, doc: "b+1", anchor: 3, head: 3, seen: 0 };
    void act(() => {
      fake.cursors.value = [cursor];
    });
    expect(blip("b+1").querySelector('[data-lively="false"]')).not.toBeNull();
  });

  it("is written in with Enter, gone on with Shift and Enter, and left with Escape", () => {
    const { model } = shown();
    press("b+1", "Enter");
    expect(blip("b+1").querySelector('[data-lively="true"]')).not.toBeNull();
    const inside = blip("b+1").querySelector("[data-lively]");
    void act(() => void inside?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
    expect(model.editing.value).toBeNull();
    press("b+2", "Enter", { shiftKey: true });
    expect(model.places.value).toHaveLength(3);
    expect(model.editing.value).toBe(model.places.value[2]?.key);
  });

  it("is acted on by keys where the focus is, also on a button of a blip", () => {
    const { model } = shown();
    void act(() => blip("b+2").querySelector("button")?.focus());
    expect(model.current.value).toBe(`${ROOT} b+2`);
  });

  it("is written in where one clicks into its text, but not on what is a control in it", () => {
    const { model } = shown();
    const text = blip("b+1").querySelector("[data-still]");
    void act(() => text?.querySelector("a")?.click());
    expect(model.editing.value).toBeNull();
    void act(() => void text?.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    expect(model.editing.value).toBe(`${ROOT} b+1`);
  });

  it("keeps the place of a deleted blip with replies, from which it can be restored", () => {
    const { root } = shown();
    void act(() => root.receive(BOB, deleteBlip(manifestOf(root), root.document, "b+1")));
    expect(container.querySelector('[data-blip="b+1"]')).toBeNull();
    expect(container.textContent).toContain("This message was deleted");
    void act(() => button("Restore").click());
    expect(blip("b+1")).not.toBeNull();
  });

  it("shows an inline reply whose anchor is not in the text after the blip, and else in the text", () => {
    const { root } = shown();
    void act(() => root.receive(BOB, replyTo(manifestOf(root), "b+1", "b+3", { inline: true })));
    expect(blip("b+3")).not.toBeNull();
    const anchor: WaveletOperation = {
      doc: "b+1",
      op: [{ retain: 4 }, { start: ["reply", { id: "b+3" }] }, { end: true }, { retain: 5 }],
    };
    void act(() => root.receive(BOB, [anchor]));
    expect(container.querySelector('[data-blip="b+3"]')).toBeNull(); // the editor renders it under its anchor
  });

  it("shows a private reply at its blip with the names of those who see it, and not when it is empty", () => {
    const { root, fake } = shown();
    const reply = {
      author: BOB,
      participants: [ALICE],
      blip: "b+p",
      anchorBlip: "b+1",
      parent: { wave: WAVE, domain: "a.test", id: "conv+root" },
      parentVersion: 1,
      conversation: manifestOf(root),
    };
    const replica = new FakeReplica(`${WAVE}/~/conv+p`, privateReply(reply));
    void act(() => {
      fake.wavelets.value = [root, replica];
    });
    expect(container.querySelector(".gs-private")?.textContent).toContain("Private: bob and you");
    void act(() => replica.receive(BOB, deleteBlip(manifestOf(replica), replica.document, "b+p")));
    expect(container.querySelector(".gs-private")).toBeNull();
  });
});
