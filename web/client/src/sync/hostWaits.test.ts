import { expect, test } from "vitest";
import { HostWaits, PATIENCE } from "./hostWaits";
import { TimersForTests } from "./worldForTests";

const HERE = "alpha.test/w+1/~/conv+root";
const THERE = "beta.test/w+1/~/conv+root";
const ALSO_THERE = "alpha.test/w+1/beta.test/conv+x";

const flying = (name: string, key: string | null) => ({ name, inFlight: key === null ? null : { key } });

function waiting() {
  const timers = new TimersForTests();
  return { timers, waits: new HostWaits("alpha.test", timers) };
}

test("a host elsewhere is waited for after a while, until it answers", async () => {
  const { timers, waits } = waiting();
  waits.changed(flying(THERE, "k1"));
  await timers.pass(PATIENCE - 1);
  expect(waits.hosts.value).toEqual([]);
  await timers.pass(1);
  expect(waits.hosts.value).toEqual(["beta.test"]);
  waits.changed(flying(THERE, null));
  expect(waits.hosts.value).toEqual([]);
});

test("answers that come in time never count as waiting, however many there are", async () => {
  const { timers, waits } = waiting();
  for (let number = 0; number < 10; number += 1) {
    waits.changed(flying(THERE, `k${number}`));
    await timers.pass(PATIENCE / 2);
    expect(waits.hosts.value).toEqual([]);
  }
});

test("typing on does not begin the waiting anew", async () => {
  const { timers, waits } = waiting();
  for (let number = 0; number < 4; number += 1) {
    waits.changed(flying(THERE, "k"));
    await timers.pass(PATIENCE / 2);
  }
  expect(waits.hosts.value).toEqual(["beta.test"]);
});

test("a host is named once, and our own server never is", async () => {
  const { timers, waits } = waiting();
  for (const name of [HERE, THERE, ALSO_THERE]) waits.changed(flying(name, "k"));
  await timers.pass(PATIENCE);
  expect(waits.hosts.value).toEqual(["beta.test"]);
});

test("what waited while our own server was away waits from when it is back", async () => {
  const { timers, waits } = waiting();
  waits.changed(flying(THERE, "k"));
  await timers.pass(PATIENCE);
  waits.restart();
  expect(waits.hosts.value).toEqual([]);
  await timers.pass(PATIENCE);
  expect(waits.hosts.value).toEqual(["beta.test"]);
});
