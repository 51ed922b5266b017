/** The clipboard, and links into waves. */
import { pathOf } from "../app/router";
import { type MessageKey, t } from "../i18n";
import { toast } from "../ui";

/** The address of a wave in this application, or of one of its blips. */
export function linkTo(wave: string, blip: string | null = null): string {
  return `${location.origin}${pathOf({ kind: "wave", wave, blip })}`;
}

/** Copy a text and say so, or say that the browser did not allow it. */
export async function copyText(text: string, done: MessageKey): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t(done));
  } catch {
    toast(t("wave.copyFailed"), { kind: "error" });
  }
}
