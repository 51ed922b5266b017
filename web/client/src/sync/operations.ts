/** Sequences of wavelet operations as a client handles them: joined, undone, compared. Pure. */

import { compose, invert, type WaveletOperation } from "../ot";
import type { Operations } from "./types";

/**
 * `pending` and then `operation`; what changes one document is composed into one operation. Operations on different
 * documents never touch each other, so their order among themselves does not matter. Throws ComposeError.
 */
export function joined(pending: Operations, operation: WaveletOperation): Operations {
  if (!("doc" in operation)) return [...pending, operation];
  const place = pending.findIndex((earlier) => "doc" in earlier && earlier.doc === operation.doc);
  const earlier = pending[place];
  if (earlier === undefined || !("doc" in earlier)) return [...pending, operation];
  return pending.with(place, { doc: operation.doc, op: compose(earlier.op, operation.op) });
}

/** All of these in the fewest operations. Throws ComposeError. */
export function composed(operations: Operations): Operations {
  return operations.reduce<Operations>(joined, []);
}

/** The operations that undo these, for the state that these led to. */
export function inverted(operations: Operations): Operations {
  return operations.toReversed().map(inverse);
}

/** Whether two sequences are written alike. */
export function sameOperations(one: Operations, other: Operations): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function inverse(operation: WaveletOperation): WaveletOperation {
  if ("doc" in operation) return { doc: operation.doc, op: invert(operation.op) };
  if ("add" in operation) return { remove: operation.add };
  if ("remove" in operation) return { add: operation.remove };
  return operation;
}
