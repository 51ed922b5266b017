/** Wavelet operations from JSON that came from outside, and to JSON as servers read it. Source: docs/protocol.md. */

import type { WaveletOperation } from "./components";
import { MalformedOperation } from "./errors";
import { asList, asMembers, asText, asTrue, decodeComponents, encodeComponents, within } from "./operationJson";

/** Operations in one list at most: far more than a server takes in one delta. */
const OPERATIONS_LIMIT = 100_000;

/**
 * The operations of a delta, any number up to OPERATIONS_LIMIT.
 *
 * Throws MalformedOperation, naming the place in the list, when a shape is wrong or a document operation ill-formed.
 */
export function decodeOperations(value: unknown): WaveletOperation[] {
  const list = asList(value, "a delta", "operations");
  if (list.length > OPERATIONS_LIMIT) {
    throw new MalformedOperation(`a delta of ${list.length} operations, where ${OPERATIONS_LIMIT} is the most`);
  }
  return list.map((item, index) => within(`operation ${index}`, () => operation(item)));
}

/** Operations as servers read them: see `encodeComponents`. What is sent goes through here. */
export function encodeOperations(operations: readonly WaveletOperation[]): WaveletOperation[] {
  return operations.map((item) => ("doc" in item ? { doc: item.doc, op: encodeComponents(item.op) } : item));
}

function operation(value: unknown): WaveletOperation {
  const members = asMembers(value, "a wavelet operation");
  const kind = [...members.keys()].sort().join(" ");
  switch (kind) {
    case "doc op":
      return { doc: nonEmpty(members.get("doc"), "doc"), op: decodeComponents(members.get("op")) };
    case "add":
      return { add: nonEmpty(members.get("add"), "add") };
    case "remove":
      return { remove: nonEmpty(members.get("remove"), "remove") };
    case "noop":
      return { noop: asTrue(members.get("noop"), "noop") };
    default:
      throw new MalformedOperation('a wavelet operation has "add", "remove", "noop", or "doc" and "op", and no more');
  }
}

function nonEmpty(value: unknown, what: string): string {
  const text = asText(value, what);
  if (text === "") throw new MalformedOperation(`${what} must not be empty`);
  return text;
}
