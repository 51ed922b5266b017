/** The client against a real `groundswell serve`, which is killed and started again under it. */

import "fake-indexeddb/auto";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { effect } from "@preact/signals";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createSyncClient } from "./client";
import type { Socket } from "./connection";
import { OfflineStore } from "./offlineStore";
import type { SyncClient, WaveletReplica, WaveView } from "./types";
import { firstOf, textOf, type } from "./worldForTests";

const CHECKOUT = resolve(import.meta.dirname, "../../../..");
const PYTHON = join(CHECKOUT, ".venv/bin/python");
const START_TIME = 60_000;

class RealServer {
  readonly directory = mkdtempSync(join(tmpdir(), "groundswell-client-"));
  readonly config = join(this.directory, "groundswell.toml");
  url = "";
  #process: ChildProcess | null = null;

  async prepare(): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const lines = ['domain = "localhost"', `data_dir = "${this.directory}"`, "[http]", `port = ${port}`];
    writeFileSync(this.config, lines.join("\n"));
  }

  command(parts: readonly string[], input = ""): string {
    const environment = { ...process.env, PYTHONPATH: join(CHECKOUT, "build/ot"), PYTHONUNBUFFERED: "1" };
    const all = ["-m", "groundswell", ...parts, "--config", this.config];
    return execFileSync(PYTHON, all, { input, env: environment, cwd: CHECKOUT, encoding: "utf8" });
  }

  /** An account, and a token of it. */
  account(name: string): string {
    this.command(["user", "add", name, "--password-stdin"], "a password for tests\n");
    return this.command(["token", "create", name]).trim().split(/\s+/).at(-1) ?? "";
  }

  async start(): Promise<void> {
    const environment = { ...process.env, PYTHONPATH: join(CHECKOUT, "build/ot"), PYTHONUNBUFFERED: "1" };
    const parts = ["-m", "groundswell", "serve", "--config", this.config];
    const server = spawn(PYTHON, parts, { env: environment, cwd: CHECKOUT, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = server;
    let serves = false;
    for await (const line of createInterface(server.stdout)) {
      serves = line.includes(this.url);
      if (serves) break;
    }
    if (!serves) throw new Error("the server ended before it served");
    server.stdout.resume(); // nobody reads on, and a full pipe would stop it
  }

  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = null;
    if (server === null || server.exitCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Resolves when `condition`, which reads signals, holds. */
async function until(condition: () => boolean): Promise<void> {
  await new Promise<void>((done) => {
    const stop = effect(() => {
      if (!condition()) return;
      queueMicrotask(() => {
        stop();
        done();
      });
    });
  });
}

/** Resolves when a document of a replica reads so. */
async function reads(replica: WaveletReplica, doc: string, text: string): Promise<void> {
  if (textOf(replica, doc) === text) return;
  await new Promise<void>((done) => {
    const stop = replica.subscribe(() => {
      if (textOf(replica, doc) !== text) return;
      stop();
      done();
    });
  });
}

async function shown(view: WaveView): Promise<WaveletReplica> {
  await until(() => view.wavelets.value.length > 0);
  return firstOf(view);
}

const server = new RealServer();
const tokens = new Map<string, string>();
const clients: SyncClient[] = [];
const runs = test.skipIf(!existsSync(PYTHON));

async function client(name: string): Promise<SyncClient> {
  const address = `${name}@localhost`;
  const headers = { Authorization: `Bearer ${tokens.get(name)}` };
  const made = await createSyncClient({
    url: server.url,
    address,
    newSocket: (url, subprotocol) => {
      const socket = new WebSocket(url, subprotocol, { headers });
      socket.on("error", () => undefined); // "close" follows
      return socket as unknown as Socket;
    },
    whoAmI: async () => {
      const response = await fetch(`${server.url}/api/v1/session`, { headers });
      return response.ok ? String(((await response.json()) as { address: unknown }).address) : null;
    },
    pageEvents: () => () => undefined,
    openStore: (of) => OfflineStore.open(of),
    tabs: { hold: async () => () => undefined, ifGone: async () => null },
  });
  clients.push(made);
  return made;
}

beforeAll(async () => {
  if (!existsSync(PYTHON)) return;
  await server.prepare();
  for (const name of ["anna", "ben"]) tokens.set(name, server.account(name));
  await server.start();
}, START_TIME);

afterAll(async () => {
  for (const open of clients) await open.close();
  await server.kill();
  rmSync(server.directory, { recursive: true, force: true });
});

runs(
  "two people write in one paragraph, through a server that is killed under them",
  { timeout: START_TIME },
  async () => {
    const anna = await client("anna");
    const ben = await client("ben");
    const line = [
      { start: ["body", {}] },
      { start: ["line", {}] },
      { end: true },
      { chars: "😀" },
      { end: true },
    ] as const;
    const made = anna.createWave(() => [{ add: "anna@localhost" }, { add: "ben@localhost" }, { doc: "b+1", op: line }]);
    const hers = firstOf(made);
    await until(() => anna.saveState.value.kind === "saved");
    const his = await shown(ben.open(made.wave));
    type(hers, "b+1", 4, " from Anna");
    type(his, "b+1", 3, "Ben and ");
    await reads(hers, "b+1", "Ben and 😀 from Anna");
    await reads(his, "b+1", "Ben and 😀 from Anna");
    await server.kill();
    type(hers, "b+1", 22, "!");
    type(his, "b+1", 3, "𝒜");
    expect(anna.saveState.value).toMatchObject({ changes: 1 });
    await server.start();
    await until(() => anna.saveState.value.kind === "saved" && ben.saveState.value.kind === "saved");
    await reads(hers, "b+1", "𝒜Ben and 😀 from Anna!");
    await reads(his, "b+1", "𝒜Ben and 😀 from Anna!");
    expect(his.document("b+1")?.toOp()).toEqual(hers.document("b+1")?.toOp());
  },
);

runs("what breaks the schema is refused, undone and kept as a draft", { timeout: START_TIME }, async () => {
  const anna = await client("anna");
  const made = anna.createWave(() => [{ add: "anna@localhost" }]);
  const replica = firstOf(made);
  await until(() => anna.saveState.value.kind === "saved");
  replica.apply([{ doc: "b+1", op: [{ chars: "outside of any line" }] }]);
  await until(() => anna.drafts.value.length > 0);
  expect(anna.drafts.value[0]).toMatchObject({ text: "outside of any line", reason: "invalid-operation" });
  expect(textOf(replica, "b+1")).toBe("");
  expect(anna.saveState.value).toEqual({ kind: "saved" });
});
