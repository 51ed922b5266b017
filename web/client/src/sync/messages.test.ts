import { expect, test } from "vitest";
import { MalformedMessage } from "./errors";
import { decodeMessage } from "./messages";

const NAME = "example.com/w+a/~/conv+root";

test("a delta is read, with its key only where there is one", () => {
  const delta = {
    type: "delta",
    wavelet: NAME,
    author: "b@e.x",
    at: 7,
    ops: [{ noop: true }],
    version: 8,
    hash: "h",
    timestamp: 9,
  };
  expect(decodeMessage(JSON.stringify(delta))).toEqual({
    type: "delta",
    wavelet: NAME,
    author: "b@e.x",
    operations: [{ noop: true }],
    landing: { at: 7, to: { version: 8, hash: "h" } },
    timestamp: 9,
    key: null,
  });
  expect(decodeMessage(JSON.stringify({ ...delta, key: "k" }))).toMatchObject({ key: "k" });
});

test("members and types that are not known are passed over", () => {
  expect(decodeMessage('{"type":"from-the-future","id":1}')).toBeNull();
  expect(decodeMessage('{"type":"watching","id":1,"more":true}')).toEqual({ type: "watching", id: 1 });
});

test.each([
  "",
  "[]",
  "null",
  '{"id":1}',
  '{"type":"opened","id":-1,"wave":"w","wavelets":[]}',
  '{"type":"opened","id":1,"wave":"w","wavelets":[1]}',
  '{"type":"ack","id":1.5,"wavelet":"w","at":0,"version":1,"hash":"h","timestamp":0}',
  '{"type":"snapshot","wavelet":"w","version":1,"hash":"h","participants":[],"documents":[]}',
  '{"type":"snapshot","wavelet":"w","version":1,"hash":"h","participants":[],"documents":{"b":[{"chars":1}]}}',
  '{"type":"delta","wavelet":"w","author":"a","at":0,"ops":[{}],"version":1,"hash":"h","timestamp":0}',
  '{"type":"error","code":"x","message":"y","id":"1"}',
])("what is not a message is refused: %s", (text) => {
  expect(() => decodeMessage(text)).toThrow(MalformedMessage);
});
