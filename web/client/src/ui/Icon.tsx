import type { JSX } from "preact";
import { ICONS, type IconName } from "./icons";

/** An icon in the colour of the text around it. Only decoration: what it means must be said by a label beside it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg class="gs-icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}
