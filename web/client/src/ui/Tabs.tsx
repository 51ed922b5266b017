import type { JSX } from "preact";
import { nextIndex } from "./menuKeys";
import "./tabs.css";

export interface TabsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of a few, all of them seen: a row of radio buttons in ARIA's terms; arrows move and choose. */
export function Tabs<Value extends string>({ label, value, options, onChange }: TabsProps<Value>): JSX.Element {
  const press = (event: KeyboardEvent & { currentTarget: HTMLElement }): void => {
    const horizontal = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp" }[event.key] ?? event.key;
    const at = options.findIndex((option) => option.value === value);
    const to = nextIndex(horizontal, at, options.length);
    const next = to === null ? undefined : options[to];
    if (to === null || next === undefined) return;
    event.preventDefault();
    onChange(next.value);
    event.currentTarget.querySelectorAll<HTMLElement>('[role="radio"]')[to]?.focus();
  };
  return (
    <div class="gs-tabs" role="radiogroup" aria-label={label} onKeyDown={press}>
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: native radio buttons cannot be styled as one bar without hiding them
        <button
          key={option.value}
          type="button"
          role="radio"
          class="gs-tab"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
