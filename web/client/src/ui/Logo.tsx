import type { JSX } from "preact";
import "./logo.css";

/** The sign of the application: two swells. Decoration. */
export function Logo({ size = 32 }: { readonly size?: number }): JSX.Element {
  return (
    <svg class="gs-logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path class="gs-logo-front" d="M5 20.5c3.2 0 4.6-6.6 9-6.6 4.9 0 4.3 6.6 8.3 6.6 2 0 3.3-1.2 4.7-2.6" />
      <path class="gs-logo-back" d="M5 14.2c3-.1 4.4-4.4 8.4-4.4 4.4 0 4.7 4.2 8.6 4.2 2 0 3.5-.9 5-2.1" />
    </svg>
  );
}
