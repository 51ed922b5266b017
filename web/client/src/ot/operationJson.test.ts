import { expect, test } from "vitest";
import { MalformedOperation } from "./errors";
import { decodeComponents, encodeComponents } from "./operationJson";
import { decodeOperations, encodeOperations } from "./waveletJson";

test.each([
  [{}, "an operation must be a list of components, not an object"],
  [[{ retain: 1 }, 3], "component 1: a component must be an object, not a number"],
  [[null], "component 0: a component must be an object, not null"],
  [[[1]], "component 0: a component must be an object, not a list of 1"],
  [[{}], "component 0: a component must have exactly one member, not 0"],
  [[{ retain: 1, chars: "a" }], "component 0: a component must have exactly one member, not 2"],
  [[{ keep: 1 }], 'component 0: unknown kind "keep"'],
  [[{ retain: "1" }], "component 0: retain must be a whole number of up to 53 bits, not a string"],
  [[{ retain: 1.5 }], "component 0: retain must be a whole number"],
  [[{ retain: 2 ** 53 }], "component 0: retain must be a whole number"],
  [[{ retain: 0 }], "a retain of 0 items: at least 1 is needed, at item 0"],
  [[{ retain: -1 }], "a retain of -1 items: at least 1 is needed"],
  [[{ chars: 1 }], "component 0: chars must be a string, not a number"],
  [[{ chars: "" }], "characters without any text"],
  [[{ chars: "a\ud83d" }], "text with a surrogate or a noncharacter"],
  [[{ retain: 2 }, { delchars: "\ufdd0" }], "text with a surrogate or a noncharacter, at item 2"],
  [[{ end: 1 }], "component 0: end must be true, not a number"],
  [[{ start: ["p"] }], "component 0: start must be a list [element type, attributes], not a list of 1"],
  [[{ start: [1, {}] }], "component 0: start: the element type must be a string"],
  [
    [{ start: ["p", [["a", "1"]]] }, { end: true }],
    "component 0: start: attributes must be an object, not a list of 1",
  ],
  [
    [{ start: ["p", { a: 1 }] }, { end: true }],
    "component 0: start: an attribute value must be a string, not a number",
  ],
  [[{ start: ["1", {}] }, { end: true }], 'the element type "1" is not an XML name'],
  [[{ start: ["p", { "a b": "1" }] }, { end: true }], 'the attribute name "a b" is not an XML name'],
  [[{ start: ["p", { a: "\uffff" }] }, { end: true }], 'the value of the attribute "a" holds a surrogate'],
  [[{ start: ["p", {}] }], "an inserted element starts but never ends"],
  [[{ end: true }], "an element end without its start"],
  [[{ delstart: ["p", {}] }, { chars: "a" }, { delend: true }], "an insertion inside the deletion of an element"],
  [[{ replattrs: [{}] }], "component 0: replattrs must be a list [old attributes, new attributes]"],
  [[{ updattrs: [["a", null]] }], "component 0: updattrs: a change must be a list [name, old, new], not a list of 2"],
  [[{ updattrs: [["a", 1, null]] }], "updattrs: the old value, if it is not null, must be a string, not a number"],
  [
    [
      {
        updattrs: [
          ["b", null, "1"],
          ["a", null, "1"],
        ],
      },
    ],
    'attribute names out of order: "b" before "a"',
  ],
  [[{ ann: { end: ["k"], more: [] } }], 'component 0: ann has just "end" and "change", not "more"'],
  [[{ ann: { end: "k" } }], "component 0: ann: end must be a list of keys, not a string"],
  [[{ ann: { end: [null] } }], "component 0: ann: a key to end must be a string, not null"],
  [[{ ann: { change: [["k", null, "1"]] } }, { retain: 1 }], 'the annotation update of "k" is never ended, at item 1'],
  [[{ ann: { change: [["k@", null, "1"]] } }], "the annotation key \"k@\" holds '?' or '@'"],
  [[{ ann: { end: ["k"] } }], 'the annotation update of "k" ends without having started'],
])("what is no operation is refused with the place and the reason: %j", (value, message) => {
  expect(() => decodeComponents(value)).toThrow(MalformedOperation);
  expect(() => decodeComponents(value)).toThrow(message);
});

test("messages quote no text, and not too much of a name", () => {
  const name = `${"x".repeat(1000)} `;
  expect(() => decodeComponents([{ start: [name, {}] }, { end: true }])).toThrow(/^.{1,120}$/);
  expect(() => decodeComponents([{ chars: "secret\uffff" }])).toThrow(/^(?!.*secret)/);
});

test("attributes are put in order, by UTF-16 unit, and an empty half of a boundary may be missing", () => {
  const value = [
    { start: ["p", { "\uff21": "2", "\u{10400}": "1" }] },
    { end: true },
    { ann: { change: [["k", null, "1"]] } },
    { chars: "a" },
    { ann: { end: ["k"] } },
  ];
  const expected = [
    { start: ["p", { "\u{10400}": "1", "\uff21": "2" }] },
    { end: true },
    { ann: { end: [], change: [["k", null, "1"]] } },
    { chars: "a" },
    { ann: { end: ["k"], change: [] } },
  ];
  expect(JSON.stringify(decodeComponents(value))).toBe(JSON.stringify(expected));
});

test("an attribute of any name is an attribute", () => {
  const [start] = decodeComponents(
    JSON.parse('[{"start": ["p", {"__proto__": "1", "constructor": "2"}]}, {"end": true}]'),
  );
  expect(JSON.stringify(start)).toBe('{"start":["p",{"__proto__":"1","constructor":"2"}]}');
});

test("what goes out has both halves of a boundary, and attributes in order", () => {
  const out = encodeComponents([
    { ann: { end: ["k"] } },
    { start: ["p", { b: "1", a: "2" }] },
    { end: true },
    { replattrs: [{ b: "1", a: "2" }, {}] },
    { delstart: ["p", { b: "1", a: "2" }] },
  ]);
  expect(JSON.stringify(out)).toBe(
    '[{"ann":{"end":["k"],"change":[]}},{"start":["p",{"a":"2","b":"1"}]},{"end":true},' +
      '{"replattrs":[{"a":"2","b":"1"},{}]},{"delstart":["p",{"a":"2","b":"1"}]}]',
  );
});

test("wavelet operations have the shapes of the protocol", () => {
  const json = [
    { add: "bob@example.com" },
    { remove: "bob@example.com" },
    { noop: true },
    { doc: "b+1", op: [{ chars: "😀" }] },
  ];
  expect(decodeOperations(json)).toEqual(json);
  expect(encodeOperations(decodeOperations(json))).toEqual(json);
});

test.each([
  [{ add: "bob@example.com" }, "a delta must be a list of operations, not an object"],
  [[3], "operation 0: a wavelet operation must be an object, not a number"],
  [
    [{ noop: true }, {}],
    'operation 1: a wavelet operation has "add", "remove", "noop", or "doc" and "op", and no more',
  ],
  [[{ add: "a@b", remove: "a@b" }], "operation 0: a wavelet operation has"],
  [[{ add: "a@b", author: "c@d" }], "operation 0: a wavelet operation has"],
  [[{ add: 3 }], "operation 0: add must be a string, not a number"],
  [[{ remove: "" }], "operation 0: remove must not be empty"],
  [[{ noop: false }], "operation 0: noop must be true, not false"],
  [[{ doc: "b+1" }], "operation 0: a wavelet operation has"],
  [[{ doc: "b+1", op: [{ retain: "1" }] }], "operation 0: component 0: retain must be"],
])("what is no list of wavelet operations is refused: %j", (value, message) => {
  expect(() => decodeOperations(value)).toThrow(MalformedOperation);
  expect(() => decodeOperations(value)).toThrow(message);
});
