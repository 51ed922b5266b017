/**
 * Undoing one change after others have followed it: its inverse, carried over everything since.
 *
 * This serves the "undo" of toasts. Undo while typing is the editor's.
 */
import { invert, isIdentity, transformOperations, type WaveletOperation } from "../ot";

/** The operations that take `operations` back, for the state right after them. */
export function inverseOf(operations: readonly WaveletOperation[]): readonly WaveletOperation[] {
  return [...operations].reverse().map((operation) => {
    if ("add" in operation) return { remove: operation.add };
    if ("remove" in operation) return { add: operation.remove };
    if ("doc" in operation) return { doc: operation.doc, op: invert(operation.op) };
    return operation;
  });
}

/**
 * What is left of an inverse after `operations` by `author` have been applied, too.
 *
 * Raises RemovedAuthor when the operations remove `self`: there is nothing to undo then.
 */
export function carryOver(
  inverse: readonly WaveletOperation[],
  self: string,
  operations: readonly WaveletOperation[],
  author: string,
): readonly WaveletOperation[] {
  return transformOperations(inverse, self, operations, author).client;
}

/** Whether the operations change anything. */
export function changesAnything(operations: readonly WaveletOperation[]): boolean {
  return operations.some((operation) => !("noop" in operation) && !("doc" in operation && isIdentity(operation.op)));
}
