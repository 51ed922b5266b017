import type { ComponentChildren, JSX } from "preact";
import { TextField } from "../../ui";

export interface PasswordFieldProps {
  readonly label: string;
  /** Whether it is the password as it is or one to be: password managers fill in the one and suggest the other. */
  readonly kind: "current" | "new";
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: ComponentChildren;
  readonly error: string | undefined;
  readonly autofocus?: boolean;
}

/** A password, which must be given. */
export function PasswordField({ kind, ...field }: PasswordFieldProps): JSX.Element {
  return <TextField type="password" name={`${kind}-password`} autocomplete={`${kind}-password`} required {...field} />;
}
