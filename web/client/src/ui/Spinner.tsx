import type { JSX } from "preact";
import "./spinner.css";

/** Something is under way. Decoration only, unless it has a label, which is then announced. */
export function Spinner({ size = 20, label }: { readonly size?: number; readonly label?: string }): JSX.Element {
  const ring = (
    <svg class="gs-spinner" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="8" />
      <path d="M10 2a8 8 0 0 1 8 8" />
    </svg>
  );
  if (label === undefined) return ring;
  return (
    <span role="status" class="gs-spinner-labelled">
      {ring}
      <span class="gs-visually-hidden">{label}</span>
    </span>
  );
}
