import { describe, expect, it } from "vitest";
import { createApi } from "./api";
import type { Digest } from "./digests";
import type { ListRoute } from "./route";
import { createWaveList, type WaveList } from "./waveList";

function digest(wave: string, changes: Partial<Digest> = {}): Digest {
  return {
    wave,
    title: wave,
    snippet: "",
    creator: "anna@x",
    participants: ["anna@x"],
    participant_count: 1,
    created: 0,
    modified: 0,
    modified_by: "anna@x",
    blips: 1,
    unread: 0,
    private: false,
    archived: false,
    muted: false,
    pinned: false,
    folders: [],
    tags: [],
    ...changes,
  };
}

type Pages = Readonly<Record<string, { readonly waves: readonly Digest[]; readonly next: string | null }>>;

/** A list of a server that answers each query and cursor ("in:inbox", "in:inbox 2") from a table. */
async function listOf(route: ListRoute, pages: Pages): Promise<WaveList> {
  const fetcher: typeof fetch = async (input) => {
    const asked = new URL(String(input), "http://localhost").searchParams;
    const cursor = asked.get("cursor");
    const page = pages[`${asked.get("q")}${cursor === null ? "" : ` ${cursor}`}`];
    return page === undefined
      ? Response.json({ code: "unavailable", message: "no" }, { status: 503 })
      : Response.json(page);
  };
  const list = createWaveList(
    createApi(fetcher, () => undefined),
    route,
  );
  await list.reload();
  return list;
}

function shown(list: WaveList): readonly string[] {
  const state = list.state.value;
  return state.kind === "ready" ? state.waves.map((each) => each.wave) : [state.kind];
}

const none = { waves: [], next: null };

describe("the inbox", () => {
  it("keeps what it hears of while an older answer is on its way", async () => {
    const list = await listOf(
      { kind: "inbox" },
      { "in:inbox is:pinned": none, "in:inbox": { waves: [digest("gone")], next: null } },
    );
    const reloading = list.reload();
    list.take("new", digest("new", { modified: 1 }));
    list.take("gone", null);
    await reloading;
    expect(shown(list)).toEqual(["new"]);
    await list.reload();
    expect(shown(list)).toEqual(["gone"]); // the next answer is newer than that
  });

  it("has what is pinned at the top, however old it is", async () => {
    const old = digest("old", { pinned: true, modified: 1 });
    const list = await listOf(
      { kind: "inbox" },
      {
        "in:inbox is:pinned": { waves: [old], next: null },
        "in:inbox": { waves: [digest("new", { modified: 9 }), digest("newer", { modified: 10 })], next: null },
      },
    );
    expect(shown(list)).toEqual(["old", "newer", "new"]);
  });

  it("grows by the next page, with each wave once", async () => {
    const list = await listOf(
      { kind: "inbox" },
      {
        "in:inbox is:pinned": none,
        "in:inbox": { waves: [digest("a", { modified: 9 }), digest("b", { modified: 8 })], next: "2" },
        "in:inbox 2": { waves: [digest("b", { modified: 8 }), digest("c", { modified: 7 })], next: null },
      },
    );
    await list.loadMore();
    expect(shown(list)).toEqual(["a", "b", "c"]);
  });

  it("is fetched anew as far as it was there, so that it does not shrink", async () => {
    const list = await listOf(
      { kind: "inbox" },
      {
        "in:inbox is:pinned": none,
        "in:inbox": { waves: [digest("a", { modified: 9 })], next: "2" },
        "in:inbox 2": { waves: [digest("b", { modified: 8 })], next: "3" },
        "in:inbox 3": { waves: [digest("c", { modified: 7 })], next: null },
      },
    );
    await list.loadMore();
    await list.reload();
    expect(shown(list)).toEqual(["a", "b"]);
  });

  it("keeps what it has when the next page cannot be fetched", async () => {
    const list = await listOf(
      { kind: "inbox" },
      {
        "in:inbox is:pinned": none,
        "in:inbox": { waves: [digest("a")], next: "2" },
      },
    );
    await list.loadMore();
    expect(list.state.value).toMatchObject({ kind: "ready", more: "failed" });
    expect(shown(list)).toEqual(["a"]);
  });

  it("follows changes: new ones come to the top, archived and muted and lost ones go", async () => {
    const list = await listOf(
      { kind: "inbox" },
      {
        "in:inbox is:pinned": none,
        "in:inbox": { waves: [digest("a", { modified: 9 }), digest("b", { modified: 8 })], next: null },
      },
    );
    list.take("c", digest("c", { modified: 10 }));
    list.take("b", digest("b", { modified: 11, unread: 2 }));
    expect(shown(list)).toEqual(["b", "c", "a"]);
    list.take("c", digest("c", { archived: true }));
    list.take("a", digest("a", { muted: true }));
    list.take("b", null);
    expect(shown(list)).toEqual([]);
  });

  it("can be tried again after it could not be loaded", async () => {
    const pages: Record<string, typeof none> = {};
    const list = await listOf({ kind: "inbox" }, pages);
    expect(shown(list)).toEqual(["failed"]);
    pages["in:inbox"] = none;
    pages["in:inbox is:pinned"] = none;
    await list.reload();
    expect(shown(list)).toEqual([]);
  });
});

describe("a list without a connection", () => {
  it("is what was seen last, where that is kept", async () => {
    const kept: { waves: readonly Digest[] | null } = { waves: null };
    const memory = {
      read: () => kept.waves,
      write: (waves: readonly Digest[]) => {
        kept.waves = waves;
      },
    };
    const page = { waves: [digest("a")], next: null };
    const online = createWaveList(
      createApi(
        async () => Response.json(page),
        () => undefined,
      ),
      { kind: "inbox" },
      memory,
    );
    await online.reload();
    const cut: typeof fetch = async () => {
      throw new TypeError("Failed to fetch");
    };
    const offline = createWaveList(
      createApi(cut, () => undefined),
      { kind: "inbox" },
      memory,
    );
    await offline.reload();
    expect(shown(offline)).toEqual(["a"]);
  });
});

describe("a search", () => {
  it("renews what it found, and takes in nothing that only the server can tell", async () => {
    const list = await listOf({ kind: "search", query: "tag:x" }, { "tag:x": { waves: [digest("a")], next: null } });
    list.take("b", digest("b"));
    list.take("a", digest("a", { title: "changed" }));
    expect(list.state.value).toMatchObject({ kind: "ready", waves: [{ wave: "a", title: "changed" }] });
  });
});

describe("a folder", () => {
  it("is asked for in quotes when its name has spaces, and holds what is filed in it", async () => {
    const list = await listOf({ kind: "folder", name: "Two words" }, { 'in:"Two words"': none });
    list.take("a", digest("a", { folders: ["Two words"], archived: true }));
    list.take("b", digest("b", { folders: ["Other"] }));
    expect(shown(list)).toEqual(["a"]);
  });
});
