import { expect, test } from "vitest";
import { createApi } from "../app/api";
import { fetchAttribution, historySource } from "./source";

const NAME = "example.com/w+a/~/conv+root";

/** The API of a server that answers these, one after the other. */
function answering(...answers: readonly unknown[]) {
  const left = [...answers];
  return createApi(
    async () => Response.json(left.shift()),
    () => undefined,
  );
}

test("documents come as documents, counted in code points", async () => {
  const state = { version: 3, timestamp: 5, participants: ["a@x"], documents: { "b+1": [{ chars: "a😀" }] } };
  const found = await historySource(NAME, answering(state)).state(3);
  expect(found.documents.get("b+1")?.size).toBe(2);
});

test.each([
  ["components that are none", { "b+1": [{ chars: 1 }] }],
  ["a document that does not close", { "b+1": [{ start: ["body", {}] }] }],
  ["no documents", []],
])("a state with %s is an answer that cannot be read", async (_, documents) => {
  const server = answering({ version: 3, timestamp: 5, participants: [], documents });
  await expect(historySource(NAME, server).state(3)).rejects.toMatchObject({
    name: "ApiError",
    code: "invalid-response",
  });
});

test("pages of deltas are read one after the other, and one that leads back is an error", async () => {
  const delta = (at: number) => ({ at, version: at + 1, author: "a@x", timestamp: at, ops: [{ noop: true }] });
  const pages = [
    { deltas: [delta(0)], next: 1 },
    { deltas: [delta(1)], next: null },
  ];
  const found = await historySource(NAME, answering(...pages)).deltas(0, 2);
  expect(found.map(({ at, operations }) => [at, operations])).toEqual([
    [0, [{ noop: true }]],
    [1, [{ noop: true }]],
  ]);
  const back = historySource(NAME, answering({ deltas: [delta(0)], next: 0 })).deltas(0, 2);
  await expect(back).rejects.toMatchObject({ code: "invalid-response" });
});

test("who wrote what names the authors", async () => {
  const answer = { version: 4, authors: ["a@x", "b@x"], documents: { "b+1": [[2, 1, 3]] } };
  const found = await fetchAttribution(NAME, 4, answering(answer));
  expect(found.documents.get("b+1")).toEqual([{ items: 2, author: "b@x", version: 3 }]);
  const wrong = fetchAttribution(NAME, 4, answering({ ...answer, documents: { "b+1": "abc" } }));
  await expect(wrong).rejects.toMatchObject({ code: "invalid-response" });
});
