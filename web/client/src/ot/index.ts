/** The OT engine: structured documents, operations on them, and the laws by which concurrent ones merge. */

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
export { transform } from "./transformation";
export { transformOperation, transformOperations } from "./waveletOperations";
