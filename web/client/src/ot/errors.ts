/** The errors of the engine. All derive from OperationError; none leaves a document changed. */

import { describedViolation, type Violation } from "./verdict";

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

/** The operation does not apply to the document or wavelet that it was given for, which is unchanged. */
export class InvalidOperation extends OperationError {
  override readonly name = "InvalidOperation";
  /** What is wrong, and where; null when it is no document that the operation does not fit. */
  readonly violation: Violation | null;

  constructor(message: string, violation: Violation | null = null) {
    super(message);
    this.violation = violation;
  }

  /** The error for what is wrong with an operation on a document. */
  static of(violation: Violation): InvalidOperation {
    return new InvalidOperation(describedViolation(violation), violation);
  }
}

/** Not the name of a wavelet. */
export class InvalidName extends OperationError {
  override readonly name = "InvalidName";
}
