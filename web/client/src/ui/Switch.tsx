import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import "./switch.css";

export interface SwitchProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** Something that is on or off, and changes at once. */
export function Switch({ label, hint, checked, disabled = false, onChange }: SwitchProps): JSX.Element {
  const id = useId();
  return (
    <label class="gs-switch" for={id}>
      <span class="gs-switch-text">
        <span class="gs-switch-label">{label}</span>
        {hint !== undefined && (
          <span id={`${id}-hint`} class="gs-field-hint">
            {hint}
          </span>
        )}
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={checked}
        aria-checked={checked}
        disabled={disabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class="gs-switch-track" aria-hidden="true" />
    </label>
  );
}
