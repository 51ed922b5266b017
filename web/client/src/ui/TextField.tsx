import type { ComponentChildren, InputHTMLAttributes, JSX, Ref } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../i18n";
import { IconButton } from "./IconButton";
import "./field.css";

export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "password";
  /** Which keyboard a phone shows. */
  readonly inputMode?: "text" | "email" | "search" | "url";
  readonly name?: string;
  /** What browsers and password managers fill in, as in HTML's autocomplete. */
  readonly autocomplete?: NonNullable<InputHTMLAttributes["autocomplete"]> & string;
  readonly hint?: ComponentChildren;
  /** What is wrong with the value; read out, and tied to the field. */
  readonly error?: string | undefined;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly maxLength?: number;
  readonly autofocus?: boolean;
  readonly spellcheck?: boolean;
  readonly labelHidden?: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onBlur?: () => void;
}

/** A line of text with its label, a hint and an error. A password can be looked at. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { type = "text", error, hint } = props;
  const id = useId();
  const [revealed, setRevealed] = useState(false);
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(" ");
  const attributes = {
    id,
    ref: props.inputRef ?? null,
    class: "gs-input",
    name: props.name,
    value: props.value,
    inputMode: props.inputMode,
    autocomplete: props.autocomplete ?? "off",
    autocapitalize: "off",
    spellcheck: props.spellcheck ?? false,
    placeholder: props.placeholder,
    required: props.required ?? false,
    disabled: props.disabled ?? false,
    maxLength: props.maxLength,
    "aria-invalid": error !== undefined,
    "aria-describedby": described === "" ? undefined : described,
    "data-autofocus": props.autofocus === true ? "" : undefined,
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
    onKeyDown: props.onKeyDown,
    onBlur: props.onBlur,
  } as const;
  return (
    <div class="gs-field">
      <label for={id} class={props.labelHidden === true ? "gs-visually-hidden" : "gs-field-label"}>
        {props.label}
      </label>
      <div class="gs-field-box">
        {type === "password" && !revealed ? (
          <input type="password" {...attributes} />
        ) : (
          <input type="text" {...attributes} />
        )}
        {type === "password" && (
          <IconButton
            icon={revealed ? "eye-off" : "eye"}
            size="small"
            label={revealed ? t("common.hidePassword") : t("common.showPassword")}
            onClick={() => setRevealed((now) => !now)}
          />
        )}
      </div>
      {hint !== undefined && (
        <div id={`${id}-hint`} class="gs-field-hint">
          {hint}
        </div>
      )}
      <div id={`${id}-error`} class="gs-field-error" aria-live="polite">
        {error}
      </div>
    </div>
  );
}
