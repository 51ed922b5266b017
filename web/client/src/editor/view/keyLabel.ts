/** The keys of ProseMirror's keymaps as people read them, and as the registry of shortcuts writes them. */
import { shownKeys } from "../../app/keys";
import { onApple } from "../../app/shortcuts";

/** "Mod-Shift-x" as "Ctrl+Shift+X", or with Apple's signs. */
export function keyLabel(keys: string, apple: boolean = onApple): string {
  return (shownKeys(registryKeys(keys), apple)[0] ?? []).join(apple ? "" : "+");
}

/** "Mod-Shift-x" as "mod+shift+x". */
export function registryKeys(keys: string): string {
  return keys.replace(/Mod-|Alt-|Shift-/g, (modifier) => modifier.toLowerCase()).replaceAll("-", "+");
}
