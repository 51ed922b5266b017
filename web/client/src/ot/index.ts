/** The OT engine: structured documents, operations on them, and the laws by which concurrent ones merge. */

export type {
  AnnotationBoundary,
  AnnotationChange,
  AttributeChange,
  Attributes,
  Characters,
  Component,
  DeleteCharacters,
  DeleteElementEnd,
  DeleteElementStart,
  Deletion,
  DocOp,
  ElementEnd,
  ElementStart,
  Insertion,
  ReplaceAttributes,
  Retain,
  UpdateAttributes,
  WaveletOperation,
} from "./components";
export {
  ComposeError,
  InvalidOperation,
  MalformedOperation,
  OperationError,
  RemovedAuthor,
  TransformError,
} from "./errors";
