/** What becomes of edits that cannot be kept in a wave: their text, to be copied. Pure, but for the words. */

import { t } from "../i18n";
import type { DocOp } from "../ot";
import { composed } from "./operations";
import type { Draft, Operations } from "./types";

/** What a draft says about itself besides the text. */
export interface DraftOrigin {
  readonly wavelet: string;
  readonly at: number;
  readonly reason: string;
  readonly newId: () => string;
}

/** One draft for each document that text was typed in; a single one without text when there was none anywhere. */
export function draftsOf(operations: Operations, origin: DraftOrigin): readonly [Draft, ...Draft[]] {
  const { wavelet, at, reason, newId } = origin;
  const draft = (doc: string, text: string): Draft => ({ id: newId(), wavelet, doc, text, at, reason });
  const documents = composed(operations).filter((operation) => "doc" in operation);
  const [first, ...rest] = documents
    .map(({ doc, op }) => draft(doc, insertedText(op)))
    .filter(({ text }) => text.trim() !== "");
  return first === undefined ? [draft(documents[0]?.doc ?? "", "")] : [first, ...rest];
}

/** The text that an operation inserts: pieces from different places, and lines, are on lines of their own. */
export function insertedText(op: DocOp): string {
  let text = "";
  let apart = false; // whether something was kept since the last insertion
  for (const component of op) {
    if ("chars" in component) {
      text += apart && text !== "" && !text.endsWith("\n") ? `\n${component.chars}` : component.chars;
      apart = false;
    } else if ("start" in component && component.start[0] === "line") {
      if (text !== "" && !text.endsWith("\n")) text += "\n";
      apart = false;
    } else if ("retain" in component) {
      apart = true;
    }
  }
  return text.trimEnd();
}

/** Why a draft is one, in a sentence for people. */
export function explainDraft(draft: Draft): string {
  switch (draft.reason) {
    case "forbidden":
      return t("sync.draftForbidden");
    case "too-large":
      return t("sync.draftTooLarge");
    case "bad-version":
      return t("sync.draftBaseLost");
    case "quarantined":
      return t("sync.draftQuarantined");
    default:
      return t("sync.draftRefused");
  }
}
