/** What a judgement of an operation says. */

/**
 * How an operation stands to a document. The worst one that applies is given.
 *
 * ILL_FORMED: an operation on no document at all. INVALID_DOCUMENT: an operation, but not one on this document.
 * INVALID_SCHEMA: it would leave something that the document's schema does not permit; only servers judge that.
 */
export type Verdict = "VALID" | "INVALID_SCHEMA" | "INVALID_DOCUMENT" | "ILL_FORMED";

/** Why an operation is refused. `position` counts items of the document before the operation. */
export type Violation = {
  readonly verdict: Exclude<Verdict, "VALID">;
  readonly reason: string;
  readonly position: number;
};

/** A violation in one line, for people. */
export function describedViolation({ reason, position }: Violation): string {
  return `${reason}, at item ${position} of the document`;
}
