/** Reads the conformance vectors, cases that the original implementation was run on. For tests. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { DocOp } from "../components";

const VECTORS = new URL("../../../../../tests/vectors/", import.meta.url);

/** All cases of `tests/vectors/NAME.jsonl.gz`, in order. */
export function vectors<Case>(name: string): Case[] {
  const lines = gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, VECTORS))).toString("ascii");
  return lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The text by which operations are compared: the same components, the same members, the same order of what is ordered. */
export function exactly(...ops: readonly DocOp[]): string {
  return JSON.stringify(ops);
}
