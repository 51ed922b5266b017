// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PeopleSource } from "../app/people";
import { continueAfter, newConversation, readConversation, readTags } from "../conversation";
import { toasts } from "../ui/toasts";
import { AddressField } from "./AddressField";
import { Announcer } from "./Announcer";
import { WaveActions } from "./actions";
import { QUIET_TIME } from "./announcements";
import { BlipHead } from "./BlipHead";
import { ContributionCard } from "./ContributionCard";
import { type OpenWave, WaveContext } from "./context";
import { DOMAIN_PAUSE } from "./ForeignAddress";
import { inlineReplies } from "./InlineReplies";
import { Notices } from "./Notices";
import { Pointing, REST } from "./pointing";
import { CALM, StatusLine } from "./StatusLine";
import { Tags } from "./Tags";
import { TroubleNotices } from "./TroubleNotices";
import { FakeReplica, FakeWave } from "./testing";
import { UnreadButton } from "./UnreadButton";

const ALICE = "alice@a.test";
const BOB = "bob@a.test";
const WAVE = "a.test/w+1";

const people: PeopleSource = {
  name: (address) => address.split("@")[0] ?? address,
  colour: () => 0,
  avatarUrl: () => null,
  suggest: async (query) => [{ address: `${query}by@a.test`, name: "Bobby" }],
  lookUp: async (domain) => (domain === "b.test" ? "found" : "unreachable"),
  loaded: signal(0),
};

let container: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  container = document.createElement("div");
  document.body.append(container);
});
afterEach(() => {
  void act(() => render(null, container));
  container.remove();
  vi.useRealTimers();
});

function opened() {
  const root = new FakeReplica(`${WAVE}/~/conv+root`, [...newConversation(ALICE, "b+1", "Title"), { add: BOB }]);
  const fake = new FakeWave(WAVE, ALICE, [root]);
  const model = fake.model();
  const actions = new WaveActions(model, people.name);
  const open: OpenWave = { model, actions, people, inlineReplies };
  const conversation = model.root.value;
  if (conversation === null) throw new Error("there is no conversation");
  const show = (children: ComponentChildren): void =>
    void act(() => render(<WaveContext.Provider value={open}>{children}</WaveContext.Provider>, container));
  return { root, fake, model, actions, conversation, show };
}

function input(): HTMLInputElement {
  const found = container.querySelector("input");
  if (found === null) throw new Error("there is no field");
  return found;
}

function type(text: string): void {
  act(() => {
    input().value = text;
    input().dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function press(key: string): void {
  act(() => void input().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
}

describe("the field for an address", () => {
  it("adds what is typed with one's own domain, and says what is no address or is in already", () => {
    const { show } = opened();
    const added: string[] = [];
    show(<AddressField present={[ALICE, BOB]} onAdd={(address) => added.push(address)} />);
    type("carol");
    press("Enter");
    expect(added).toEqual(["carol@a.test"]);
    expect(input().value).toBe("");
    type("bob");
    press("Enter");
    expect(container.textContent).toContain("bob already takes part.");
    type("a b");
    press("Enter");
    expect(input().getAttribute("aria-invalid")).toBe("true");
    expect(added).toHaveLength(1);
  });

  it("suggests people, and arrows choose among them", async () => {
    const { show } = opened();
    const added: string[] = [];
    show(<AddressField present={[]} onAdd={(address) => added.push(address)} />);
    type("bob");
    await act(async () => void (await vi.advanceTimersByTimeAsync(200)));
    expect(input().getAttribute("aria-expanded")).toBe("true");
    press("ArrowDown");
    const option = container.querySelector('[role="option"]');
    expect(option?.getAttribute("aria-selected")).toBe("true");
    expect(input().getAttribute("aria-activedescendant")).toBe(option?.id);
    press("Enter");
    expect(added).toEqual(["bobby@a.test"]);
  });
});

describe("the field for the address of somebody elsewhere", () => {
  const pause = () => act(async () => void (await vi.advanceTimersByTimeAsync(DOMAIN_PAUSE)));

  it("says what adding them means and that their domain was found, and adds them", async () => {
    const { show } = opened();
    const added: string[] = [];
    show(<AddressField present={[ALICE]} onAdd={(address) => added.push(address)} />);
    type("Carol@B.test");
    expect(container.textContent).toContain("carol@b.test will get this wave with its history on b.test.");
    expect(container.textContent).toContain("Looking for b.test…");
    await pause();
    expect(container.textContent).toContain("b.test has answered and has proved who it is.");
    press("Enter");
    expect(added).toEqual(["carol@b.test"]);
    expect(container.textContent).not.toContain("b.test has answered");
  });

  it("says when there is no wave service, and adds them all the same", async () => {
    const { show } = opened();
    const added: string[] = [];
    show(<AddressField present={[ALICE]} onAdd={(address) => added.push(address)} />);
    type("@c.test");
    await pause();
    expect(container.textContent).toContain("Everybody at c.test will be able to read this wave");
    expect(container.textContent).toContain("c.test has no wave service that can be reached now.");
    press("Enter");
    expect(added).toEqual(["@c.test"]);
  });
});

describe("tags", () => {
  it("are added with Enter, and one that is there already is refused with the reason", () => {
    const { root, conversation, show } = opened();
    show(<Tags conversation={conversation} />);
    type("Rome");
    press("Enter");
    expect(readTags(root.document("tags")).map(({ text }) => text)).toEqual(["Rome"]);
    type("rome");
    press("Enter");
    expect(container.textContent).toContain("This wave already has the tag.");
    expect(container.querySelector("a")?.getAttribute("href")).toBe("/search?q=tag%3A%22Rome%22");
  });
});

describe("the status line", () => {
  it("says saved only when nothing waits, and how much waits offline", () => {
    const { fake, show } = opened();
    show(<StatusLine client={fake.client()} />);
    const line = () => container.querySelector('[role="status"]')?.textContent;
    expect(line()).toBe("Saved");
    act(() => {
      fake.saveState.value = { kind: "offline", changes: 3 };
    });
    expect(line()).toBe("Offline, 3 changes waiting");
    act(() => {
      fake.saveState.value = { kind: "saving", changes: 1 };
    });
    expect(line()).toBe("Saving…");
  });

  it("offers to try again while offline, and only then", () => {
    const { fake, show } = opened();
    const client = { ...fake.client(), retry: vi.fn() };
    show(<StatusLine client={client} />);
    expect(container.querySelector("button")).toBeNull();
    act(() => {
      fake.saveState.value = { kind: "offline", changes: 0 };
    });
    expect(container.querySelector("button")?.textContent).toBe("Try again");
    act(() => container.querySelector("button")?.click());
    expect(client.retry).toHaveBeenCalledTimes(1);
  });

  it("does not go to and fro between the keys of somebody who types", () => {
    const { fake, show } = opened();
    show(<StatusLine client={fake.client()} />);
    const line = () => container.querySelector('[role="status"]')?.textContent;
    for (let key = 0; key < 3; key++) {
      act(() => {
        fake.saveState.value = { kind: "saving", changes: 1 };
      });
      act(() => void vi.advanceTimersByTime(CALM / 2));
      act(() => {
        fake.saveState.value = { kind: "saved" };
      });
      act(() => void vi.advanceTimersByTime(CALM / 2));
      expect(line()).toBe("Saving…");
    }
    act(() => void vi.advanceTimersByTime(CALM / 2));
    expect(line()).toBe("Saved");
  });
});

describe("notices", () => {
  it("offer a text that could not be added, until it is discarded", async () => {
    const { fake, show } = opened();
    const draft = {
      id: "1",
      wavelet: `${WAVE}/~/conv+root`,
      doc: "b+1",
      text: "my 😀 text",
      at: 0,
      reason: "forbidden",
    };
    fake.drafts.value = [draft, { ...draft, id: "2", wavelet: "a.test/w+other/~/conv+root", text: "elsewhere" }];
    show(<Notices />);
    expect(container.querySelector("blockquote")?.textContent).toBe("my 😀 text");
    expect(container.textContent).not.toContain("elsewhere");
    const discard = [...container.querySelectorAll("button")].find(({ textContent }) => textContent === "Discard");
    await act(async () => discard?.click());
    expect(container.querySelector("blockquote")).toBeNull();
    expect(fake.drafts.value).toHaveLength(1);
  });

  it("say when this person takes part no more", () => {
    const { root, show } = opened();
    show(<Notices />);
    act(() => root.end("you are no longer a participant"));
    expect(container.textContent).toContain("You no longer take part in this wave");
  });
});

describe("trouble between the providers of a wave", () => {
  const trouble = (kind: string) => ({ kind, domain: "b.test", since: Date.now(), message: "" });

  it("is told in the wave while it lasts", () => {
    const { root, conversation, show } = opened();
    show(<TroubleNotices conversation={conversation} />);
    expect(container.textContent).toBe("");
    act(() => {
      root.troubles.value = [trouble("host-unreachable")];
    });
    expect(container.textContent).toContain("b.test has not been reachable since");
    expect(conversation.writable.value).toBe(true);
    act(() => {
      root.troubles.value = [];
    });
    expect(container.textContent).toBe("");
  });

  it("ends writing and every other change while the wave is quarantined", () => {
    const { root, model, actions, conversation, show } = opened();
    show(<TroubleNotices conversation={conversation} />);
    act(() => {
      root.troubles.value = [trouble("quarantined")];
    });
    expect(container.textContent).toContain("This conversation stands still.");
    const { version } = root;
    actions.addParticipant(conversation, "carol@a.test");
    actions.edit(`${root.name} b+1`);
    expect([root.version, model.editing.value]).toEqual([version, null]);
    root.troubles.value = [];
    actions.edit(`${root.name} b+1`);
    expect(model.editing.value).toBe(`${root.name} b+1`);
  });
});

describe("who signed a contribution", () => {
  beforeEach(() => {
    HTMLElement.prototype.showPopover = () => undefined; // happy-dom has no top layer
  });
  const card = () => container.querySelector("#gs-contribution")?.textContent;

  it("is told where somebody points or presses, until they look elsewhere", () => {
    const { root, fake, model, conversation, show } = opened();
    fake.attribution(root, "b+1").value = [
      { items: 3, author: ALICE, version: 2 },
      { items: 3, author: "carol@b.test", version: 5 },
    ];
    const place = model.places.value[0];
    if (place === undefined) throw new Error("there is no blip");
    expect(place.conversation).toBe(conversation);
    show(
      <>
        <BlipHead place={place} />
        <ContributionCard />
      </>,
    );
    expect(card()).toBe("");
    act(() => container.querySelector<HTMLElement>(".gs-blip-authors")?.click());
    expect(card()).toMatch(/^aliceSigned by this server on .+carolSigned by b\.test, verified on /);
    act(() => void document.body.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true })));
    expect(card()).toBe("");
  });

  it("waits for a mouse to rest, and tells nothing where nothing is known", () => {
    const pointing = new Pointing();
    const at = { anchor: container, contributions: [{ wavelet: "w", author: ALICE, version: 1 }] };
    pointing.rest(at);
    vi.advanceTimersByTime(REST - 1);
    expect(pointing.shown.value).toBeNull();
    vi.advanceTimersByTime(1);
    expect(pointing.shown.value).toBe(at);
    pointing.show({ ...at, contributions: [] });
    expect(pointing.shown.value).toBeNull();
    pointing.rest(at);
    pointing.leave();
    vi.advanceTimersByTime(REST);
    expect(pointing.shown.value).toBeNull();
    pointing.show(at);
    pointing.leave();
    expect(pointing.shown.value).toBe(at); // who asked for it may move the mouse
    pointing.hide();
    expect(pointing.shown.value).toBeNull();
  });
});

describe("the way to the next unread blip", () => {
  it("counts, goes there, and is gone when all is read", () => {
    const { root, model, show } = opened();
    show(<UnreadButton />);
    expect(container.querySelector("button")).toBeNull();
    act(() => root.receive(BOB, [{ doc: "b+1", op: [{ retain: 8 }, { chars: "!" }, { retain: 1 }] }]));
    expect(container.textContent).toBe("1 unread message");
    act(() => container.querySelector("button")?.click());
    expect(model.current.value).toBe(`${WAVE}/~/conv+root b+1`);
    act(() => model.leaveBehind(`${WAVE}/~/conv+root b+1`));
    expect(container.querySelector("button")).toBeNull();
  });
});

describe("the announcer", () => {
  it("tells once in a while what others did", () => {
    const { root, show } = opened();
    show(<Announcer />);
    const manifest = readConversation(root.document("conversation"));
    if (manifest === null) throw new Error("there is no manifest");
    act(() => root.receive(BOB, continueAfter(manifest, "b+1", "b+2", "hi")));
    expect(container.textContent).toBe("");
    act(() => void vi.advanceTimersByTime(QUIET_TIME));
    expect(container.textContent).toBe("bob added a message");
  });
});

describe("actions", () => {
  const place = (model: ReturnType<typeof opened>["model"], blip: string) => {
    const found = model.findBlip(blip);
    if (found === undefined) throw new Error(`there is no blip ${blip}`);
    return found;
  };

  it("begin a reply with its caret, and take it away again when it is left empty", () => {
    const { model, actions } = opened();
    actions.reply(place(model, "b+1"));
    expect(model.places.value).toHaveLength(2);
    expect(model.editing.value).toBe(model.places.value[1]?.key);
    actions.endEditing();
    expect(model.places.value).toHaveLength(1);
    expect(model.editing.value).toBeNull();
  });

  it("keep a reply that has text", () => {
    const { root, model, actions } = opened();
    actions.continueAfter(place(model, "b+1"));
    const id = model.places.value[1]?.blip.id ?? "";
    root.apply([{ doc: id, op: [{ retain: 3 }, { chars: "𝒜" }, { retain: 1 }] }]);
    actions.endEditing();
    expect(model.places.value).toHaveLength(2);
  });

  it("delete a blip, move on, and undo it from the toast", () => {
    const { root, model, actions } = opened();
    const manifest = readConversation(root.document("conversation"));
    if (manifest === null) throw new Error("there is no manifest");
    root.apply(continueAfter(manifest, "b+1", "b+2", "text 😀"));
    actions.delete(place(model, "b+2"));
    expect(model.places.value).toHaveLength(1);
    expect(model.current.value).toBe(place(model, "b+1").key);
    toasts.value.at(-1)?.action?.run();
    expect(model.places.value).toHaveLength(2);
    expect(root.document("b+2")?.text()).toBe("text 😀");
  });

  it("make a private reply that only the chosen see, at the blip that it replies to", () => {
    const { model, actions, conversation } = opened();
    actions.replyPrivately(place(model, "b+1"), [BOB]);
    const [reply] = model.privateRepliesAt(conversation, "b+1");
    expect(reply?.participants.value).toEqual([ALICE, BOB]);
    expect(model.places.value.map(({ conversation: it }) => it)).toEqual([conversation, reply]);
    expect(model.editing.value).toBe(model.places.value[1]?.key);
  });

  it("let everybody go from a private reply that is left empty", () => {
    const { fake, model, actions } = opened();
    actions.replyPrivately(place(model, "b+1"), [BOB]);
    actions.endEditing();
    expect(fake.wavelets.value[1]?.participants).toEqual([]);
    expect(model.places.value).toHaveLength(1);
    expect(model.current.value).toBe(place(model, "b+1").key);
  });

  it("remove a person and bring them back", () => {
    const { root, actions, conversation } = opened();
    actions.removeParticipant(conversation, BOB);
    expect(root.participants).toEqual([ALICE]);
    toasts.value.at(-1)?.action?.run();
    expect(root.participants).toEqual([ALICE, BOB]);
  });

  it("change nothing any more when this person takes part no more", () => {
    const { root, model, actions } = opened();
    const before = root.version;
    const blip = place(model, "b+1");
    root.end("removed");
    actions.reply(blip);
    actions.delete(blip);
    actions.edit(blip.key);
    expect(root.version).toBe(before);
    expect(model.editing.value).toBeNull();
  });
});
