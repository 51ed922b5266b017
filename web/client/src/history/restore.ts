/** Going back to an old state by a new change: nothing of the history is undone, so this can be undone the same way. Pure. */
import { aligned } from "../editor/binding/alignment";
import { ChangeWriter } from "../editor/binding/changeWriter";
import { type DocOp, isIdentity, WaveDocument, type WaveletOperation } from "../ot";

/** Documents by id; those without items are left out. */
export type Documents = ReadonlyMap<string, WaveDocument>;

/**
 * The operations that make the documents `current` into those of `old`, one for each document that differs.
 *
 * What both begin and end with stays, and where only attributes or annotations differ only these change. A document that
 * the old state has not is emptied. Participants stay as they are: who may read is not part of the text.
 * The manifest goes first, so that who reads the operations one by one meets no blip that the manifest does not name.
 */
export function restoring(current: Documents, old: Documents): readonly WaveletOperation[] {
  const ids = [...new Set([...current.keys(), ...old.keys()])].sort();
  const manifest = ids.filter((id) => id === "conversation");
  const others = ids.filter((id) => id !== "conversation");
  return [...manifest, ...others].flatMap((id) => {
    const op = replacing(current.get(id) ?? WaveDocument.empty(), old.get(id) ?? WaveDocument.empty());
    return isIdentity(op) ? [] : [{ doc: id, op }];
  });
}

/** The operation that makes `before` into `after`. */
export function replacing(before: WaveDocument, after: WaveDocument): DocOp {
  const writer = new ChangeWriter();
  for (const step of aligned([...before.runs()], [...after.runs()])) {
    if (step.kind === "kept") writer.keep(step.before, step.after);
    else if (step.kind === "inserted") writer.insert(step.run);
    else writer.remove(step.run);
  }
  return writer.finish();
}
