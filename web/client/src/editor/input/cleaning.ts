/** Takes away what no document may hold (control characters, lone surrogates) as soon as it is typed or dropped in. */
import type { Node } from "prosemirror-model";
import { Plugin } from "prosemirror-state";
import { printable } from "../../conversation";
import { SHOWN } from "../binding/binding";
import { changedRanges } from "../binding/ranges";

/** The plugin. Its correction belongs to the same change, so the document never sees what is barred. */
export function cleaning(): Plugin {
  return new Plugin({
    appendTransaction: (transactions, before, after) => {
      if (before.doc === after.doc || transactions.some((each) => each.getMeta(SHOWN) === true)) return null;
      const { tr } = after;
      const steps = transactions.flatMap((each) => each.steps);
      for (const range of [...changedRanges(before.doc, after.doc, steps)].reverse()) {
        after.doc.nodesBetween(range.fromNew, range.toNew, (node, position) => {
          if (!node.isText || printable(node.text ?? "") === node.text) return;
          const at = tr.mapping.map(position);
          tr.replaceWith(at, at + node.nodeSize, textOf(printable(node.text ?? ""), node));
        });
      }
      return tr.docChanged ? tr : null;
    },
  });
}

function textOf(text: string, like: Node) {
  return text === "" ? [] : like.type.schema.text(text, like.marks);
}
