import { expect, test } from "vitest";
import { ReplicaEnded } from "../sync";
import { known } from "./known";
import { FakeReplica } from "./testing";

const NAME = "example.com/w+a/~/conv+root";
const ANNA = "anna@example.com";

test("who waits for the server to know a wavelet waits until its first edit has arrived there", async () => {
  const replica = new FakeReplica(NAME);
  let arrived = false;
  const waiting = known(replica).then(() => {
    arrived = true;
  });
  await Promise.resolve();
  expect(arrived).toBe(false);
  replica.receive(ANNA, [{ add: ANNA }]);
  await waiting;
  expect(replica.listeners).toBe(0);
});

test("nobody waits for one that the server knows, or will never know", async () => {
  await known(new FakeReplica(NAME, [{ add: ANNA }]));
  const refused = new FakeReplica(NAME);
  const waiting = known(refused);
  refused.end("refused");
  await expect(waiting).rejects.toBeInstanceOf(ReplicaEnded);
  await expect(known(refused)).rejects.toBeInstanceOf(ReplicaEnded);
});
