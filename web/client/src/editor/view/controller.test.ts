// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { UploadedImage } from "../../app/attachments";
import { blipDocument } from "../../conversation";
import { type DocOp, WaveDocument, type WaveletOperation } from "../../ot";
import type { RemoteCursor, ReplicaEvent } from "../../sync";
import type { EditorHost } from "../host";
import { EditorController } from "./controller";

const BLIP = "b+1";
const UPLOADED: UploadedImage = {
  id: "img1",
  mimeType: "image/png",
  filename: "a.png",
  size: 10,
  width: 20,
  height: 10,
  url: "/api/v1/attachments/img1",
  thumbnailUrl: null,
};

let opened: EditorController[] = [];
afterEach(() => {
  for (const controller of opened) controller.destroy();
  opened = [];
  document.body.replaceChildren();
});

describe("the text field", () => {
  test("is a named, multi-line text box while it can be written in, and a group while it is read", () => {
    const { controller } = open("hello");
    expect(attributes(controller, "role", "aria-multiline", "aria-label", "spellcheck")).toEqual([
      "textbox",
      "true",
      "Blip",
      "true",
    ]);
    controller.setEditable(false);
    controller.setLabel("Another");
    expect(attributes(controller, "role", "aria-multiline", "aria-label")).toEqual(["group", null, "Another"]);
    expect(controller.exec({ kind: "format", format: "bold" })).toBe(false);
  });

  test("leaves Escape to whoever is around it", () => {
    const { controller } = open("hello");
    const seen = vi.fn((event: KeyboardEvent) => event.defaultPrevented);
    document.body.addEventListener("keydown", seen);
    controller.dom.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    expect(seen).toHaveReturnedWith(false);
    document.body.removeEventListener("keydown", seen);
  });
});

test("text that a document holds outside of the first body is shown beside it", () => {
  const { controller } = open("ab", {}, blipDocument("second"));
  expect(controller.tail.value).toBe("second");
});

describe("undo", () => {
  test("is the document's own, also when the browser asks for it, and leaves what others wrote", () => {
    const { controller, replica } = open("ab");
    replica.remote([{ retain: 3 }, { chars: "X" }, { retain: 3 }]);
    controller.exec({ kind: "style", style: "h2" });
    const event = new InputEvent("beforeinput", { inputType: "historyUndo", bubbles: true, cancelable: true });
    controller.dom.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
    expect(replica.document(BLIP).toOp()).toEqual(blipDocument("Xab"));
  });
});

describe("a composition", () => {
  test("keeps others' edits out of the text until it has ended", async () => {
    const { controller, replica } = open("ab");
    controller.focus();
    controller.dom.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    replica.remote([{ retain: 3 }, { chars: "X" }, { retain: 3 }]);
    expect(controller.dom.textContent).toBe("ab");
    controller.dom.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    await vi.waitFor(() => expect(controller.dom.textContent).toBe("Xab"));
  });
});

describe("an inline reply", () => {
  test("gets an anchor at the caret, shown with its count and with its thread below", () => {
    const count = signal(0);
    const { controller, replica } = open("ab", {
      replyCount: () => count.value,
      renderReply: (thread, container) => {
        container.textContent = `thread ${thread}`;
        return () => container.replaceChildren();
      },
    });
    expect(controller.insertInlineReply("t1")).not.toBeNull();
    expect(replica.document(BLIP).toOp()).toContainEqual({ start: ["reply", { id: "t1" }] });
    count.value = 3;
    expect(controller.dom.querySelector(".gs-reply-count")?.textContent).toBe("3");
    expect(controller.dom.querySelector(".gs-reply-place")?.textContent).toBe("thread t1");
  });
});

describe("a picture", () => {
  const file = new File(["x"], "a.png", { type: "image/png" });

  test("is shown while it is uploaded, and then put in with its document in the same edit", async () => {
    let finish: (uploaded: UploadedImage) => void = () => undefined;
    const uploadImage = () => new Promise<UploadedImage>((resolve) => (finish = resolve));
    const { controller, replica } = open("", { uploadImage });
    controller.exec({ kind: "images", files: [file] });
    expect(controller.dom.querySelector("progress")).not.toBeNull();
    finish(UPLOADED);
    await vi.waitFor(() =>
      expect(controller.dom.querySelector<HTMLImageElement>(".gs-image img")?.alt).toBe("Picture"),
    );
    const last = replica.applied.at(-1) ?? [];
    expect(last.map((operation) => "doc" in operation && operation.doc)).toEqual(["attach+img1", BLIP]);
    expect(controller.dom.querySelector("progress")).toBeNull();
  });

  test("that fails to upload stays as a note, from which it can be tried again", async () => {
    const uploadImage = vi
      .fn<EditorHost["uploadImage"]>()
      .mockRejectedValueOnce(new Error("no"))
      .mockResolvedValue(UPLOADED);
    const { controller } = open("", { uploadImage });
    controller.exec({ kind: "images", files: [file] });
    await vi.waitFor(() => expect(controller.dom.querySelector("[role=alert]")?.textContent).toContain("a.png"));
    controller.dom.querySelector<HTMLButtonElement>(".gs-upload-button")?.click();
    await vi.waitFor(() => expect(controller.dom.querySelector(".gs-image img")).not.toBeNull());
  });
});

describe("others", () => {
  test("are seen with their name at their caret, out of the way of screen readers", async () => {
    const cursors = signal<readonly RemoteCursor[]>([]);
    const { controller } = open("hello", { cursors });
    cursors.value = [{ wavelet: "w", author: "bob@example.com", doc: BLIP, anchor: 3, head: 5, seen: 0 }];
    await vi.waitFor(() => expect(controller.dom.querySelector(".gs-remote-flag")?.textContent).toBe("Bob"));
    expect(controller.dom.querySelector(".gs-remote-caret")?.getAttribute("aria-hidden")).toBe("true");
    expect(controller.dom.querySelector(".gs-remote-selection")?.textContent).toBe("he");
  });

  test("have what they wrote marked when that is asked for, and lines that are new", async () => {
    const showAuthors = signal(true);
    const { controller } = open("one\ntwo", {
      showAuthors,
      attribution: signal([
        { items: 6, author: "ada@example.com", version: 1 },
        { items: 6, author: "bob@example.com", version: 7 },
      ]),
      unreadSince: signal(5),
    });
    await vi.waitFor(() => expect(controller.dom.querySelectorAll(".gs-author")).toHaveLength(2));
    expect([...controller.dom.querySelectorAll(".gs-unread")].map((line) => line.textContent)).toEqual(["two"]);
    showAuthors.value = false;
    await vi.waitFor(() => expect(controller.dom.querySelectorAll(".gs-author")).toHaveLength(0));
  });
});

/** A replica that takes everything and hears nothing from a server but what the test says. */
class FakeReplica {
  readonly name = "localhost/w+1/~/conv+root";
  readonly version = 1;
  readonly ended = false;
  readonly participants = ["ada@example.com", "bob@example.com"];
  readonly documentIds = [BLIP];
  readonly unsaved = signal(0);
  readonly troubles = signal([]);
  readonly applied: (readonly WaveletOperation[])[] = [];
  readonly #documents = new Map<string, WaveDocument>();
  readonly #listeners = new Set<(event: ReplicaEvent) => void>();

  constructor(blip: DocOp) {
    this.#documents.set(BLIP, WaveDocument.fromOp(blip));
  }

  document(id: string): WaveDocument {
    const known = this.#documents.get(id) ?? WaveDocument.empty();
    this.#documents.set(id, known);
    return known;
  }

  apply(operations: readonly WaveletOperation[]): void {
    for (const operation of operations) if ("doc" in operation) this.document(operation.doc).apply(operation.op);
    this.applied.push(operations);
    this.#tell({ kind: "operations", operations, origin: { kind: "local" } });
  }

  remote(op: DocOp): void {
    this.document(BLIP).apply(op);
    const origin = { kind: "remote", author: "bob@example.com", at: 1, version: 2, timestamp: 0 } as const;
    this.#tell({ kind: "operations", operations: [{ doc: BLIP, op }], origin });
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: ReplicaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function open(
  text: string,
  more: Partial<EditorHost> = {},
  behind: DocOp = [],
): { controller: EditorController; replica: FakeReplica } {
  const replica = new FakeReplica([...blipDocument(text), ...behind]);
  const host: EditorHost = {
    replica,
    documentId: BLIP,
    self: "ada@example.com",
    placeCursor: () => undefined,
    cursors: signal([]),
    attribution: signal(null),
    showAuthors: signal(false),
    unreadSince: signal(null),
    people: {
      name: (address) => (address.startsWith("bob") ? "Bob" : "Ada"),
      colour: () => 3,
      avatarUrl: () => null,
      suggest: async () => [],
      lookUp: async () => "off",
      loaded: signal(0),
    },
    uploadImage: () => Promise.reject(new Error("no server")),
    openReply: () => undefined,
    replyCount: () => 0,
    ...more,
  };
  const place = document.createElement("div");
  document.body.append(place);
  const controller = new EditorController(place, host, { editable: true, label: "Blip" });
  opened.push(controller);
  return { controller, replica };
}

function attributes(controller: EditorController, ...names: readonly string[]): readonly (string | null)[] {
  return names.map((name) => controller.dom.getAttribute(name));
}
