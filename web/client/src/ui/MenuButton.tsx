import type { JSX } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons";
import { Menu, type MenuItem } from "./Menu";
import type { Placement } from "./placement";

export interface MenuButtonProps {
  readonly icon?: IconName;
  readonly label: string;
  readonly items: readonly MenuItem[] | (() => readonly MenuItem[]);
  readonly size?: "normal" | "small";
  readonly placement?: Placement;
}

/** An icon button that opens a menu. */
export function MenuButton({
  icon = "more",
  label,
  items,
  size = "normal",
  placement = "bottom-end",
}: MenuButtonProps): JSX.Element {
  const ref = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = useCallback(() => setOpen(false), []);
  return (
    <>
      <IconButton
        buttonRef={ref}
        icon={icon}
        label={label}
        size={size}
        popup="menu"
        expanded={open}
        onClick={(event) => {
          event.preventDefault();
          event.stopPropagation();
          setOpen((now) => !now);
        }}
      />
      {open && ref.current !== null && (
        <Menu
          anchor={ref.current}
          label={label}
          items={typeof items === "function" ? items() : items}
          placement={placement}
          onClose={close}
        />
      )}
    </>
  );
}
