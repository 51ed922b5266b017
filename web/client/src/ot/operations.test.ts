/** Single rules of transform, compose, normal form and the builder, and text outside the basic plane. */

import { expect, test } from "vitest";
import type { Component, DocOp } from "./components";
import { compose } from "./composition";
import { ComposeError, InvalidName, MalformedOperation, TransformError } from "./errors";
import { versionZeroHash } from "./history";
import { isIdentity, normalize } from "./normalization";
import { OpBuilder } from "./opBuilder";
import { transform } from "./transformation";
import { transformOperations } from "./waveletOperations";

test("the client's insertion comes first at one place", () => {
  expect(transform([{ chars: "😀" }, { retain: 1 }], [{ chars: "𝒜b" }, { retain: 1 }])).toEqual([
    [{ chars: "😀" }, { retain: 3 }],
    [{ retain: 1 }, { chars: "𝒜b" }, { retain: 1 }],
  ]);
});

test("deletions of text outside the basic plane are cut between its characters", () => {
  const deletion: DocOp = [{ delchars: "👩‍🚀😀" }];
  const insertion: DocOp = [{ retain: 3 }, { chars: "x" }, { retain: 1 }];
  expect(transform(deletion, insertion)).toEqual([
    [{ delchars: "👩‍🚀" }, { retain: 1 }, { delchars: "😀" }],
    [{ chars: "x" }],
  ]);
});

test("an insertion inside a deleted element goes with it", () => {
  const deletion: DocOp = [{ delstart: ["p", {}] }, { delend: true }];
  expect(transform([{ retain: 1 }, { chars: "😀" }, { retain: 1 }], deletion)).toEqual([
    [],
    [{ delstart: ["p", {}] }, { delchars: "😀" }, { delend: true }],
  ]);
});

test.each<[Component[], Component[]]>([
  [[{ retain: 2 }], [{ retain: 1 }]],
  [[{ retain: 1 }], [{ retain: 2 }]],
  [[{ delchars: "a" }], [{ delchars: "b" }]],
  [[{ delchars: "a" }], [{ replattrs: [{}, {}] }]],
  [
    [{ delstart: ["p", {}] }, { delend: true }],
    [{ delstart: ["q", {}] }, { delend: true }],
  ],
  [
    [{ delstart: ["p", {}] }, { delend: true }],
    [{ updattrs: [["a", "1", "2"]] }, { retain: 1 }],
  ],
  [[{ replattrs: [{}, {}] }], [{ replattrs: [{ a: "1" }, {}] }]],
  [[{ updattrs: [["a", "1", "2"]] }], [{ updattrs: [["a", "3", "4"]] }]],
])("operations of different documents are refused: %j and %j", (client, server) => {
  expect(() => transform(client, server)).toThrow(TransformError);
  expect(() => transform(client, server)).toThrow("document");
});

test.each<[Component[], Component[], string]>([
  [[{ chars: "a😀c" }], [{ delchars: "a😀d" }], "does not fit an insertion of characters (3 items) of the first"],
  [[{ retain: 3 }], [{ retain: 2 }], "ends before"],
  [[{ retain: 3 }], [{ retain: 4 }], "goes on after the end"],
  [[{ delchars: "a" }], [{ retain: 1 }], "goes on after the end"],
])("operations that do not meet are refused: %j and %j", (first, second, message) => {
  expect(() => compose(first, second)).toThrow(ComposeError);
  expect(() => compose(first, second)).toThrow(message);
});

test.each([-1, 1.5, Number.NaN])("a retain of %d items is refused", (retain) => {
  expect(() => compose([{ retain }], [{ retain }])).toThrow(MalformedOperation);
  expect(() => transform([{ retain }], [{ retain }])).toThrow(MalformedOperation);
});

test("the deletions of the first come before the insertions of the second", () => {
  expect(compose([{ delchars: "😀" }, { retain: 1 }], [{ chars: "x" }, { retain: 1 }])).toEqual([
    { delchars: "😀" },
    { chars: "x" },
    { retain: 1 },
  ]);
});

test("thousands of pieces of one text grow together", () => {
  const second = Array.from({ length: 20_000 }, (): Component[] => [{ retain: 1 }, { delchars: "😀" }]).flat();
  expect(compose([{ chars: "a😀".repeat(20_000) }], second)).toEqual([{ chars: "a".repeat(20_000) }]);
});

test("a composition on the client's side is not its parts, one by one: nothing may rely on it", () => {
  const deletion: DocOp = [{ delchars: "a" }];
  const insertion: DocOp = [{ chars: "x" }];
  const server: DocOp = [{ chars: "y" }, { retain: 1 }];
  const [asOne] = transform(compose(deletion, insertion), server);
  const [deletionAfter, serverAfter] = transform(deletion, server);
  const [insertionAfter] = transform(insertion, serverAfter);
  expect(compose(server, asOne)).not.toEqual(compose(compose(server, deletionAfter), insertionAfter));
});

test("an identity is what sets nothing but what is there", () => {
  const nothing: DocOp = [
    { ann: { end: [], change: [["k", "1", "1"]] } },
    { retain: 1 },
    { updattrs: [["a", null, null]] },
    { replattrs: [{ a: "1" }, { a: "1" }] },
    { ann: { end: ["k"], change: [] } },
  ];
  expect(isIdentity([])).toBe(true);
  expect(isIdentity(nothing)).toBe(true);
  for (const something of [{ chars: "a" }, { delend: true }, { updattrs: [["a", null, "1"]] }] as Component[]) {
    expect(isIdentity([...nothing, something])).toBe(false);
  }
});

test("the builder writes normal form, and leaves out steps of no items", () => {
  const op = new OpBuilder()
    .retain(0)
    .retain(1)
    .retain(2)
    .annotate(["l", null, "1"], ["k", null, "1"])
    .chars("a")
    .chars("")
    .chars("😀")
    .endAnnotations(["k", "l"])
    .start("image", { attachment: "x" })
    .end()
    .deleteChars("b")
    .deleteStart("reply", { id: "t" })
    .deleteEnd()
    .replaceAttributes({}, { t: "h1" })
    .updateAttributes(["t", null, "li"], ["i", null, "1"])
    .build();
  expect(op).toEqual([
    { retain: 3 },
    {
      ann: {
        end: [],
        change: [
          ["k", null, "1"],
          ["l", null, "1"],
        ],
      },
    },
    { chars: "a😀" },
    { ann: { end: ["k", "l"], change: [] } },
    { start: ["image", { attachment: "x" }] },
    { end: true },
    { delchars: "b" },
    { delstart: ["reply", { id: "t" }] },
    { delend: true },
    { replattrs: [{}, { t: "h1" }] },
    {
      updattrs: [
        ["i", null, "1"],
        ["t", null, "li"],
      ],
    },
  ]);
  expect(normalize(op)).toEqual(op);
});

test("what is left open cannot be built", () => {
  expect(() => new OpBuilder().start("p").build()).toThrow("an inserted element starts but never ends");
  expect(() => new OpBuilder().annotate(["k", null, "1"]).chars("a").build()).toThrow(MalformedOperation);
  expect(() => new OpBuilder().chars("\ud83d").build()).toThrow(MalformedOperation);
});

test("sequences are rebased operation by operation, and equal additions become no-ops", () => {
  const client = [{ doc: "b+1", op: [{ chars: "😀" }] }, { add: "bob@example.com" }];
  const server = [
    { doc: "b+1", op: [{ chars: "xyz" }] },
    { add: "Bob@example.com" },
    { doc: "b+2", op: [{ chars: "o" }] },
  ];
  expect(transformOperations(client, "alice@example.com", server, "carol@example.com")).toEqual({
    client: [{ doc: "b+1", op: [{ chars: "😀" }, { retain: 3 }] }, { noop: true }],
    server: [
      { doc: "b+1", op: [{ retain: 1 }, { chars: "xyz" }] },
      { noop: true },
      { doc: "b+2", op: [{ chars: "o" }] },
    ],
  });
});

test.each(["", "a/b/c", "a/b/~/c/d", "a/b/a/c", "a//~/c", "a/b/~/c\ud83d"])("%j names no wavelet", (path) => {
  expect(() => versionZeroHash(path)).toThrow(InvalidName);
});

test("characters outside ASCII are escaped before they are hashed", () => {
  const uri = "wave://example.com/w+%C3%A9%F0%9F%98%80~:/conv+root";
  expect(versionZeroHash("example.com/w+é😀~:/~/conv+root")).toBe(Buffer.from(uri).toString("base64url"));
});
