/** The OT engine: structured documents, operations on them, and the laws by which concurrent ones merge. */

export type { Annotations } from "./annotations";
export { codePoints, hasBarredCharacter, isXmlName, itemOffset, utf16Offset } from "./characters";
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
export { compose } from "./composition";
export { WaveDocument } from "./document";
export {
  ComposeError,
  InvalidName,
  InvalidOperation,
  MalformedOperation,
  OperationError,
  RemovedAuthor,
  TransformError,
} from "./errors";
export { versionZeroHash, waveletUri } from "./history";
export { invert } from "./inversion";
export { isIdentity, normalize } from "./normalization";
export { OpBuilder } from "./opBuilder";
export { decodeComponents, encodeComponents } from "./operationJson";
export type { EndRun, Run, StartRun, TextRun } from "./runs";
export { transform } from "./transformation";
export { check, validate } from "./validation";
export type { Verdict, Violation } from "./verdict";
export { decodeOperations, encodeOperations } from "./waveletJson";
export { transformOperation, transformOperations } from "./waveletOperations";
export { isWellFormed } from "./wellFormedness";
