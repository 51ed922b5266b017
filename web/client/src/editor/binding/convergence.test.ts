import fc from "fast-check";
import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, test, vi } from "vitest";
import { blipDocument } from "../../conversation";
import { type DocOp, transform, WaveDocument, type WaveletOperation } from "../../ot";
import type { ReplicaEvent } from "../../sync";
import { readDocument } from "../document/mapping";
import { schema } from "../document/schema";
import { anyBlip, anyGesture, documentOf, type Gesture, perform } from "../testing/arbitraries";
import { Binding, type BoundReplica, initialDocument, type Surface } from "./binding";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

const DOC = "b+1";

/** A server that orders operations, and replicas with one operation in flight at most, as the real ones have. */
class Server {
  readonly document: WaveDocument;
  readonly log: { readonly op: DocOp; readonly author: TestReplica | null }[] = [];

  constructor(document: WaveDocument) {
    this.document = document.clone();
  }

  submit(op: DocOp, version: number, author: TestReplica | null): void {
    let mine = op;
    for (const { op: theirs } of this.log.slice(version)) [mine] = transform(mine, theirs);
    this.document.apply(mine);
    this.log.push({ op: mine, author });
  }
}

class TestReplica implements BoundReplica {
  readonly #document: WaveDocument;
  readonly #listeners = new Set<(event: ReplicaEvent) => void>();
  readonly #events: ReplicaEvent[] = [];
  #version = 0;
  #sent = false;
  #pending: DocOp[] = []; // the first is in flight when `sent`
  refusing = false;

  constructor(private readonly server: Server) {
    this.#document = server.document.clone();
  }

  document(id: string): WaveDocument | undefined {
    return id === DOC ? this.#document : undefined;
  }

  apply(operations: readonly WaveletOperation[]): void {
    if (this.refusing) throw new Error("refused");
    for (const operation of operations) {
      if (!("doc" in operation)) continue;
      this.#document.apply(operation.op);
      this.#pending.push(operation.op);
    }
    this.#tell({ kind: "operations", operations, origin: { kind: "local" } });
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  replace(document: WaveDocument): void {
    this.#document.apply([...document.toOp(), ...this.#deletion()]);
    this.#tell({ kind: "replaced" });
  }

  send(): void {
    const first = this.#pending[0];
    if (first === undefined || this.#sent) return;
    this.#sent = true;
    this.server.submit(first, this.#version, this);
  }

  receive(): void {
    const delta = this.server.log[this.#version];
    if (delta === undefined) return;
    this.#version++;
    if (delta.author === this) {
      this.#pending = this.#pending.slice(1);
      this.#sent = false;
      return;
    }
    let theirs = delta.op;
    this.#pending = this.#pending.map((mine) => {
      const [rebased, next] = transform(mine, theirs);
      theirs = next;
      return rebased;
    });
    this.#document.apply(theirs);
    const origin = { kind: "remote", author: "b@example.com", at: 0, version: 1, timestamp: 0 } as const;
    this.#tell({ kind: "operations", operations: [{ doc: DOC, op: theirs }], origin });
  }

  settle(): void {
    while (this.#pending.length > 0 || this.#version < this.server.log.length) {
      this.send();
      this.receive();
    }
  }

  #deletion(): DocOp {
    return this.#document.toOp().map((component) => {
      if ("chars" in component) return { delchars: component.chars };
      if ("start" in component) return { delstart: component.start };
      return { delend: true };
    });
  }

  /** One event after the other, also when telling of one leads to the next, as replicas do. */
  #tell(event: ReplicaEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    for (; this.#events[0] !== undefined; this.#events.shift()) {
      for (const listener of this.#listeners) listener(this.#events[0]);
    }
  }
}

class TestEditor implements Surface {
  state: EditorState;
  composing = false;
  now = 0;
  readonly desyncs: unknown[] = [];
  readonly binding: Binding;
  readonly replica: TestReplica;

  constructor(server: Server) {
    this.replica = new TestReplica(server);
    const { doc, frame } = initialDocument(this.replica, DOC);
    this.state = EditorState.create({ doc });
    this.binding = new Binding(this, this.replica, DOC, frame, {
      now: () => this.now,
      inPause: (callback) => {
        this.pause = callback;
        return () => {
          this.pause = null;
        };
      },
      onDesync: (reason) => this.desyncs.push(reason),
    });
  }

  /** What is to be done in a pause between keys. */
  pause: (() => void) | null = null;

  /** What the browser has done just before something else happens. */
  unread: (() => void) | null = null;

  settle(): void {
    const read = this.unread;
    this.unread = null;
    read?.();
  }

  updateState(state: EditorState): void {
    this.state = state;
  }

  do(gesture: Gesture): void {
    const { tr } = this.state;
    perform(tr, gesture);
    this.binding.dispatch(tr);
  }

  type(text: string, from: number, to: number = from): void {
    this.binding.dispatch(this.state.tr.insertText(text, from, to));
  }

  get text(): string {
    return this.state.doc.textBetween(0, this.state.doc.content.size, "|");
  }

  /** Exchange everything with the server, and show it. */
  exchange(): void {
    this.replica.settle();
    this.binding.show();
  }

  /** Everything is as the replica has it. */
  check(): void {
    this.state.doc.check();
    const { doc, frame } = initialDocument(this.replica, DOC);
    this.binding.verify();
    expect(this.desyncs).toEqual([]);
    expect(this.binding.frame).toEqual(frame);
    expect(this.state.doc.textContent).toBe(doc.textContent);
  }
}

type Action =
  | { readonly kind: "edit"; readonly gesture: Gesture }
  | { readonly kind: "send" | "receive" | "undo" | "redo" | "compose" | "finish" | "pause" | "rest" };

const anyAction: fc.Arbitrary<{ readonly who: number; readonly action: Action }> = fc.record({
  who: fc.nat(2),
  action: fc.oneof(
    { weight: 4, arbitrary: anyGesture.map((gesture): Action => ({ kind: "edit", gesture })) },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom("send", "receive", "receive", "undo", "redo", "compose", "finish", "pause", "rest")
        .map((kind): Action => ({ kind }) as Action),
    },
  ),
});

function act(editor: TestEditor, action: Action): void {
  if (action.kind === "edit") editor.do(action.gesture);
  else if (action.kind === "send") editor.replica.send();
  else if (action.kind === "receive") editor.replica.receive();
  else if (action.kind === "undo") editor.binding.undo();
  else if (action.kind === "redo") editor.binding.redo();
  else if (action.kind === "pause") editor.pause?.();
  else if (action.kind === "rest") editor.now += 10_000;
  else editor.composing = action.kind === "compose";
  if (action.kind === "finish") editor.binding.show();
}

test("editors end with the same document, whatever is edited, undone, composed and delivered when", () => {
  fc.assert(
    fc.property(anyBlip, fc.array(anyAction, { maxLength: 40 }), (runs, actions) => {
      const server = new Server(documentOf(runs));
      const editors = [new TestEditor(server), new TestEditor(server), new TestEditor(server)];
      for (const { who, action } of actions) {
        const editor = editors[who];
        if (editor === undefined) continue;
        act(editor, action);
        editor.binding.whenShown(() => editor.check());
      }
      for (let round = 0; round < 3; round++) {
        for (const editor of editors) {
          act(editor, { kind: "finish" });
          editor.exchange();
        }
      }
      for (const editor of editors) {
        editor.check();
        expect(editor.replica.document(DOC)?.toOp()).toEqual(server.document.toOp());
        expect(editor.state.doc.textContent).toBe(readDocument(server.document.runs()).doc.textContent);
      }
    }),
    { numRuns: 400 },
  );
});

describe("while an input method composes", () => {
  function composingPair(text: string): {
    readonly here: TestEditor;
    readonly there: TestEditor;
    readonly server: Server;
  } {
    const server = new Server(WaveDocument.fromOp(blipDocument(text)));
    return { here: new TestEditor(server), there: new TestEditor(server), server };
  }

  test("what others type is not shown, and is shown in the right place once it ends", () => {
    const { here, there, server } = composingPair("ab");
    here.composing = true;
    here.type("k", 2);
    there.type("X", 1);
    there.replica.send();
    here.replica.receive();
    expect(here.text).toBe("akb");
    here.type("か", 2, 3);
    expect(here.text).toBe("aかb");
    here.composing = false;
    here.binding.show();
    expect(here.text).toBe("Xaかb");
    here.exchange();
    there.exchange();
    expect(server.document.text()).toBe("Xaかb");
    expect(there.text).toBe("Xaかb");
  });

  test("the caret ends behind what was composed", () => {
    const { here, there } = composingPair("ab");
    here.composing = true;
    here.type("日本", 2);
    here.binding.dispatch(here.state.tr.setSelection(TextSelection.create(here.state.doc, 4)));
    there.type("😀", 1);
    there.replica.send();
    here.replica.receive();
    here.composing = false;
    here.binding.show();
    expect(here.state.doc.textBetween(0, here.state.selection.head)).toBe("😀a日本");
  });

  test("deleting the line in which it happens loses what is deleted, and nothing else", () => {
    const { here, there, server } = composingPair("one\ntwo");
    here.composing = true;
    here.type("に", 7);
    there.binding.dispatch(there.state.tr.delete(5, 10));
    there.replica.send();
    here.replica.receive();
    here.composing = false;
    here.binding.show();
    here.exchange();
    there.exchange();
    expect(here.text).toBe(there.text);
    expect(server.document.text()).toContain("one");
  });
});

describe("while somebody types", () => {
  test("others' edits wait for a pause between keys, and then are in the right place", () => {
    const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
    const [here, there] = [new TestEditor(server), new TestEditor(server)];
    here.type("k", 2);
    there.type("X", 1);
    there.replica.send();
    here.replica.receive();
    here.type("l", 3);
    expect(here.text).toBe("aklb");
    here.pause?.();
    expect(here.text).toBe("Xaklb");
    here.exchange();
    there.exchange();
    expect(there.text).toBe("Xaklb");
    here.check();
  });

  test("who waits for what the replica has is told once that is shown, with the places of others' edits", () => {
    const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
    const [here, there] = [new TestEditor(server), new TestEditor(server)];
    const told: string[] = [];
    const tell = () => told.push(here.text);
    here.type("k", 2);
    here.binding.whenShown(tell);
    there.type("X", 1);
    there.replica.send();
    here.replica.receive();
    here.binding.whenShown(tell);
    here.binding.whenShown(tell);
    expect([told, here.binding.onReplica(4)]).toEqual([["akb"], 5]);
    here.pause?.();
    expect([told, here.binding.onReplica(4)]).toEqual([["akb", "Xakb"], 4]);
  });

  test("undo acts on what others have done meanwhile", () => {
    const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
    const [here, there] = [new TestEditor(server), new TestEditor(server)];
    here.type("k", 2);
    there.type("X", 1);
    there.replica.send();
    here.replica.receive();
    here.binding.undo();
    expect([here.text, here.pause]).toEqual(["Xab", null]);
    here.check();
  });

  test("others' edits are shown at once when the last key is long ago", () => {
    const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
    const [here, there] = [new TestEditor(server), new TestEditor(server)];
    here.type("k", 2);
    here.now += 10_000;
    there.type("X", 1);
    there.replica.send();
    here.replica.receive();
    expect([here.text, here.pause]).toEqual(["Xakb", null]);
  });
});

test("what the browser has typed and moved, and the editor has not read yet, is read before others' edits are shown", () => {
  const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
  const [here, there] = [new TestEditor(server), new TestEditor(server)];
  there.type("X", 3);
  there.replica.send();
  here.unread = () => {
    here.type("mine", 2);
    here.binding.dispatch(here.state.tr.setSelection(TextSelection.create(here.state.doc, 1)));
  };
  here.replica.receive();
  expect(here.text).toBe("aminebX");
  expect(here.state.selection.head).toBe(1);
  here.exchange();
  there.exchange();
  here.check();
  expect(there.text).toBe(here.text);
});

test("a format chosen for what is typed next stays chosen while others type", () => {
  const server = new Server(WaveDocument.fromOp(blipDocument("ab")));
  const [here, there] = [new TestEditor(server), new TestEditor(server)];
  const bold = schema.mark("weight", { value: "bold" });
  here.binding.dispatch(here.state.tr.setSelection(TextSelection.create(here.state.doc, 3)).addStoredMark(bold));
  there.type("X", 1);
  there.replica.send();
  here.replica.receive();
  expect(here.text).toBe("Xab");
  expect(here.state.storedMarks).toEqual([bold]);
});

test("an edit that the replica does not take is undone in the editor, and told", () => {
  const editor = new TestEditor(new Server(WaveDocument.fromOp(blipDocument("ab"))));
  editor.replica.refusing = true;
  editor.type("x", 2);
  expect(editor.text).toBe("ab");
  expect(editor.desyncs).toHaveLength(1);
});

test("another state that takes the place of this one is shown, and cannot be undone", () => {
  const editor = new TestEditor(new Server(WaveDocument.fromOp(blipDocument("ab"))));
  editor.type("x", 2);
  editor.replica.replace(WaveDocument.fromOp(blipDocument("new\nstate")));
  expect(editor.text).toBe("new|state");
  expect(editor.binding.undo()).toBeNull();
});

test("undo says where it was, and the caret of others stays", () => {
  const editor = new TestEditor(new Server(WaveDocument.fromOp(blipDocument("ab"))));
  editor.type("xyz", 2);
  expect(editor.binding.undo()).toMatchObject({ from: 4, to: 4, content: true });
  expect(editor.binding.redo()).toMatchObject({ from: 4, to: 7, content: true });
  expect(editor.text).toBe("axyzb");
});
