import type { JSX, Ref } from "preact";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./button.css";

export interface IconButtonProps {
  readonly icon: IconName;
  /** What it does: its name for screen readers, and its tooltip. */
  readonly label: string;
  /** Keys that do the same, shown in the tooltip: "Ctrl+B". */
  readonly shortcut?: string;
  readonly size?: "normal" | "small";
  readonly variant?: "quiet" | "primary" | "danger";
  /** For a button that is on or off. */
  readonly pressed?: boolean;
  /** For a button that opens something: what, and whether it is open. */
  readonly popup?: "menu" | "dialog" | "listbox";
  readonly expanded?: boolean;
  readonly disabled?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

/** A button that is only an icon. */
export function IconButton(props: IconButtonProps): JSX.Element {
  const { size = "normal", variant = "quiet" } = props;
  const tip = props.shortcut === undefined ? props.label : `${props.label}  ${props.shortcut}`;
  return (
    <button
      ref={props.buttonRef ?? null}
      type="button"
      class={`gs-icon-button gs-icon-button-${size} gs-icon-button-${variant}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-haspopup={props.popup}
      aria-expanded={props.popup === undefined ? undefined : (props.expanded ?? false)}
      data-tooltip={tip}
      disabled={props.disabled ?? false}
      {...(props.onClick === undefined ? {} : { onClick: props.onClick })}
    >
      <Icon name={props.icon} size={size === "small" ? 18 : 20} />
    </button>
  );
}
