import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "./api";
import { COLOURS, colourOf, createPeople, type PeopleDirectory } from "./people";

let asked: string[][];
let failing: boolean;
let now: number;
let people: PeopleDirectory;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  failing = false;
  now = 0;
  const fetcher: typeof fetch = async (input) => {
    const addresses = new URL(String(input), "http://localhost").searchParams.getAll("address");
    asked.push(addresses);
    if (failing) throw new TypeError("Failed to fetch");
    const profiles = addresses.map((address) => ({
      address,
      name: address === "bob@x" ? null : "Anna 😀",
      avatar: null,
    }));
    return Response.json({ profiles });
  };
  people = createPeople(
    createApi(fetcher, () => undefined),
    () => now,
  );
});

describe("people", () => {
  it("are asked for together, once, and have the part before the @ for a name until then", async () => {
    expect([people.name("anna@x"), people.name("bob@x"), people.name("anna@x")]).toEqual(["anna", "bob", "anna"]);
    await vi.runAllTimersAsync();
    expect(asked).toEqual([["anna@x", "bob@x"]]);
    expect(people.loaded.value).toBe(1);
    expect([people.name("anna@x"), people.name("bob@x")]).toEqual(["Anna 😀", "bob"]);
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(1);
  });

  it("are asked for in requests of no more than the server answers", async () => {
    for (let index = 0; index < 250; index += 1) people.name(`p${index}@x`);
    await vi.runAllTimersAsync();
    expect(asked.map((batch) => batch.length)).toEqual([100, 100, 50]);
  });

  it("are asked for again some time after a failure", async () => {
    failing = true;
    people.name("anna@x");
    await vi.runAllTimersAsync();
    failing = false;
    people.name("anna@x");
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(1);
    now = 31_000;
    people.name("anna@x");
    await vi.runAllTimersAsync();
    expect(people.name("anna@x")).toBe("Anna 😀");
  });

  it("include everybody of a domain, who has no profile", async () => {
    expect(people.name("@example.com")).toBe("Everybody at example.com");
    await vi.runAllTimersAsync();
    expect(asked).toEqual([]);
  });

  it("keep their colours, and share them out evenly", () => {
    expect(colourOf("anna@example.com")).toBe(colourOf("anna@example.com"));
    const counts = new Map<number, number>();
    for (let index = 0; index < 12_000; index += 1) {
      const colour = colourOf(`user${index}@example.com`);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    expect(counts.size).toBe(COLOURS);
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
  });

  it("of other domains than the reader's are never without theirs", async () => {
    expect(people.name("bob@x")).toBe("bob");
    people.readBy("y");
    expect([people.name("bob@x"), people.name("bob@y"), people.name("@x")]).toEqual(["bob@x", "bob", "Everybody at x"]);
    await vi.runAllTimersAsync();
    expect([people.name("anna@x"), people.name("bob@x")]).toEqual(["anna@x", "bob@x"]);
    await vi.runAllTimersAsync();
    expect([people.name("anna@x"), people.name("bob@y")]).toEqual(["Anna 😀 (x)", "Anna 😀"]);
  });
});
