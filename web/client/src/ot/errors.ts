/** The errors of the engine. All derive from OperationError; none leaves a document changed. */

import type { Violation } from "./verdict";

/** Base of every error that the engine throws on purpose. Messages are one line, and never quote text. */
export class OperationError extends Error {
  override readonly name: string = "OperationError";
}

/** JSON that does not have the shape of an operation, or is ill-formed. */
export class MalformedOperation extends OperationError {
  override readonly name = "MalformedOperation";
}

/** Two operations that cannot have been made on the same document. */
export class TransformError extends OperationError {
  override readonly name: string = "TransformError";
}

/** The author of the client's operation was removed from the wavelet before the operation arrived. */
export class RemovedAuthor extends TransformError {
  override readonly name = "RemovedAuthor";
}

/** The second operation cannot follow the first. */
export class ComposeError extends OperationError {
  override readonly name = "ComposeError";
}

/** The operation does not apply to the document that it was given for; the document is unchanged. */
export class InvalidOperation extends OperationError {
  override readonly name = "InvalidOperation";
  /** What is wrong, and where. */
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.reason}, at item ${violation.position} of the document`);
    this.violation = violation;
  }
}

/** Not the name of a wavelet. */
export class InvalidName extends OperationError {
  override readonly name = "InvalidName";
}
