import type { JSX } from "preact";
import { t } from "../../i18n";

/** Text that a document holds outside of its first body, which no client of ours writes: shown, so that it is not lost. */
export function Tail({ text }: { readonly text: string }): JSX.Element | null {
  return text === "" ? null : <p class="gs-tail">{t("editor.tail", { text })}</p>;
}
