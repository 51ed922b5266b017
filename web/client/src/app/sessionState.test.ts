import { describe, expect, it } from "vitest";
import type { SyncClient } from "../sync/types";
import { afterFinding, beginning, type SessionState } from "./sessionState";

const client = {} as SyncClient; // only carried along
const signedIn: SessionState = { kind: "signed-in", address: "anna@x", client, standing: { kind: "good" } };

describe("a page", () => {
  it("begins with whoever the server knows", () => {
    expect(beginning({ kind: "somebody", address: "anna@x" }, "bob@x")).toEqual({ begin: "anna@x" });
    expect(beginning({ kind: "nobody" }, "anna@x")).toEqual({ state: { kind: "signed-out" } });
  });

  it("begins without a connection with whoever used it last, if anybody", () => {
    expect(beginning({ kind: "no-answer" }, "anna@x")).toEqual({ begin: "anna@x" });
    expect(beginning({ kind: "no-answer" }, null)).toEqual({ state: { kind: "unreachable" } });
  });
});

describe("a session", () => {
  it("expires without anything being thrown away", () => {
    const expired = afterFinding(signedIn, { kind: "nobody" });
    expect(expired).toEqual({ ...signedIn, standing: { kind: "expired" } });
    expect(afterFinding(expired, { kind: "somebody", address: "anna@x" })).toEqual(signedIn);
  });

  it("is never continued as somebody else", () => {
    const expired = afterFinding(signedIn, { kind: "nobody" });
    const taken = afterFinding(expired, { kind: "somebody", address: "bob@x" });
    expect(taken).toEqual({ ...signedIn, standing: { kind: "taken", by: "bob@x" } });
  });

  it("stays as it is while the server cannot be asked", () => {
    expect(afterFinding(signedIn, { kind: "no-answer" })).toBe(signedIn);
  });
});
