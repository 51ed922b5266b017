/** A change that can be taken back later, whatever others do meanwhile. */
import { carryOver, changesAnything, inverseOf } from "../conversation";
import { RemovedAuthor, TransformError, type WaveletOperation } from "../ot";
import type { ReplicaEvent, WaveletReplica } from "../sync";

/** A change to take back. `undo` says whether there was anything left of it; `forget` ends the bookkeeping. */
export interface Reversible {
  readonly undo: () => boolean;
  readonly forget: () => void;
}

/** Apply operations of `self`, and remember how to take them back. Raises what `replica.apply` raises. */
export function applyReversibly(
  replica: WaveletReplica,
  self: string,
  operations: readonly WaveletOperation[],
): Reversible {
  replica.apply(operations);
  let inverse: readonly WaveletOperation[] | null = inverseOf(operations);
  const carry = (event: ReplicaEvent): void => {
    if (event.kind === "replaced" || event.kind === "ended") inverse = null;
    if (inverse === null || event.kind !== "operations") return;
    const author = event.origin.kind === "remote" ? event.origin.author : self;
    inverse = carried(inverse, self, event.operations, author);
  };
  const forget = replica.subscribe(carry);
  const undo = (): boolean => {
    forget();
    const left = inverse;
    inverse = null;
    if (left === null || replica.ended || !changesAnything(left)) return false;
    replica.apply(left);
    return true;
  };
  return { undo, forget };
}

/** null when nothing can be taken back any more: the two contradict each other. */
function carried(
  inverse: readonly WaveletOperation[],
  self: string,
  operations: readonly WaveletOperation[],
  author: string,
): readonly WaveletOperation[] | null {
  try {
    return carryOver(inverse, self, operations, author);
  } catch (error) {
    if (error instanceof RemovedAuthor || error instanceof TransformError) return null;
    throw error;
  }
}
