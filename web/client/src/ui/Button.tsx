import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { Spinner } from "./Spinner";
import "./button.css";

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly variant?: "primary" | "secondary" | "quiet" | "danger";
  readonly size?: "normal" | "small";
  readonly type?: "button" | "submit";
  readonly icon?: IconName;
  /** Shows that what it does is under way, and ignores further presses. */
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly wide?: boolean;
  /** A longer name for screen readers, where the text alone is one of many alike; it must contain the text. */
  readonly label?: string;
  readonly onClick?: (event: MouseEvent) => void;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

/** A button with a text. One per view is "primary". */
export function Button(props: ButtonProps): JSX.Element {
  const { variant = "secondary", size = "normal", type = "button", busy = false, wide = false } = props;
  const press = (event: MouseEvent): void => {
    if (busy) event.preventDefault();
    else props.onClick?.(event);
  };
  return (
    <button
      ref={props.buttonRef ?? null}
      type={type}
      class={`gs-button gs-button-${variant} gs-button-${size}${wide ? " gs-button-wide" : ""}`}
      disabled={props.disabled ?? false}
      aria-busy={busy}
      aria-label={props.label}
      onClick={press}
    >
      {busy ? <Spinner size={16} /> : props.icon !== undefined && <Icon name={props.icon} size={18} />}
      <span>{props.children}</span>
    </button>
  );
}
