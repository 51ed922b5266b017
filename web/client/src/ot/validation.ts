/** Validation: may this operation be applied to this document? Source: OT.md, rules V1 to V5 and A1 to A6. */

import type { DocOp } from "./components";
import { WaveDocument } from "./document";
import { InvalidOperation } from "./errors";
import type { Verdict, Violation } from "./verdict";

/**
 * The verdict on `op` as an operation on `document`, an operation that only inserts. No schema is judged.
 *
 * Throws InvalidOperation when `document` is none.
 */
export function validate(document: DocOp, op: DocOp): Verdict {
  return check(WaveDocument.fromOp(document), op)?.verdict ?? "VALID";
}

/** What is wrong with `op` on `document`, which is left as it is; undefined when nothing is. */
export function check(document: WaveDocument, op: DocOp): Violation | undefined {
  try {
    document.clone().apply(op);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidOperation && error.violation !== null) return error.violation;
    throw error;
  }
}
