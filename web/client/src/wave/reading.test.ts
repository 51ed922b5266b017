import { expect, test } from "vitest";
import { ApiError } from "../app/api";
import { Reading, type ReadMap } from "./reading";

const ROOT = "example.com/w+a/~/conv+root";
const PRIVATE = "example.com/w+a/~/conv+private";

/** A reader whose marks a server takes, unless `refuse` has an error for them. */
function reader(refuse: (read: ReadMap) => ApiError | null) {
  const taken: ReadMap[] = [];
  const send = async (read: ReadMap): Promise<void> => {
    const error = refuse(read);
    if (error !== null) throw error;
    taken.push(read);
  };
  return { taken, reading: new Reading({ send, setTimer: () => null, clearTimer: () => undefined }) };
}

test("what the server will never take does not hold up the other marks", async () => {
  const { taken, reading } = reader((read) => (PRIVATE in read ? new ApiError(404, "not-found", "gone") : null));
  reading.mark(PRIVATE, "b+1", 3);
  reading.mark(ROOT, "b+2", 5);
  await reading.flush();
  expect(taken).toEqual([{ [ROOT]: { "b+2": 5 } }]);
  await reading.flush();
  expect(taken).toHaveLength(1);
});

test("more marks than the server takes at once go in parts", async () => {
  const { taken, reading } = reader((read) =>
    Object.keys(read[ROOT] ?? {}).length > 2 ? new ApiError(413, "too-large", "at most 2") : null,
  );
  for (const number of [1, 2, 3, 4, 5]) reading.mark(ROOT, `b+${number}`, number);
  await reading.flush();
  expect(Object.assign({}, ...taken.map((read) => read[ROOT]))).toEqual({
    "b+1": 1,
    "b+2": 2,
    "b+3": 3,
    "b+4": 4,
    "b+5": 5,
  });
});

test("what could not be sent waits for the next attempt, with what is read meanwhile", async () => {
  let online = false;
  const { taken, reading } = reader(() => (online ? null : new ApiError(0, "offline", "no server")));
  reading.mark(ROOT, "b+1", 3);
  await reading.flush();
  reading.mark(ROOT, "b+1", 4);
  online = true;
  await reading.flush();
  expect(taken).toEqual([{ [ROOT]: { "b+1": 4 } }]);
});
