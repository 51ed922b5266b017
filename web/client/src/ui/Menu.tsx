import type { JSX } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import { type Anchor, useDismissal, useFloating } from "./floating";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { nextIndex, typeahead } from "./menuKeys";
import type { Placement } from "./placement";
import "./floating.css";
import "./menu.css";

/** One line of a menu. */
export type MenuItem =
  | { readonly kind: "separator" }
  | { readonly kind: "heading"; readonly label: string }
  | {
      readonly kind: "item";
      readonly label: string;
      readonly icon?: IconName;
      /** Keys that do the same, as they are shown: "E". */
      readonly shortcut?: string;
      /** For something that is on or off, or one of several: choosing does not say more than that. */
      readonly checked?: boolean;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly run: () => void;
    };

export interface MenuProps {
  readonly anchor: Anchor;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly placement?: Placement;
  readonly onClose: () => void;
}

/** A menu beside its anchor: arrows, Home, End and letters move, Enter chooses, Escape and Tab close and return the focus. */
export function Menu({ anchor, label, items, placement = "bottom-end", onClose }: MenuProps): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  useFloating(ref, anchor, placement);
  const close = useCallback(
    (returnFocus: boolean) => {
      onClose();
      if (returnFocus && anchor instanceof HTMLElement) anchor.focus();
    },
    [anchor, onClose],
  );
  const dismiss = useCallback((how: "outside" | "escape") => close(how === "escape"), [close]);
  useDismissal(ref, anchor, dismiss);
  useLayoutEffect(() => entries(ref.current)[0]?.focus(), []);
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Tab") {
      event.preventDefault();
      close(true);
      return;
    }
    const all = entries(ref.current);
    const focused = document.activeElement;
    const at = focused instanceof HTMLElement ? all.indexOf(focused) : -1;
    const to =
      nextIndex(event.key, at, all.length) ??
      typeahead(
        event.key,
        at,
        all.map((entry) => entry.textContent ?? ""),
      );
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  };
  return (
    <div
      ref={ref}
      class="gs-floating gs-menu"
      popover="manual"
      role="menu"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={press}
    >
      {items.map((item, index) => (
        <MenuLine key={item.kind === "separator" ? `separator ${index}` : item.label} item={item} close={close} />
      ))}
    </div>
  );
}

function MenuLine({
  item,
  close,
}: {
  readonly item: MenuItem;
  readonly close: (returnFocus: boolean) => void;
}): JSX.Element {
  if (item.kind === "separator") return <hr class="gs-menu-separator" />;
  if (item.kind === "heading")
    return (
      <div class="gs-menu-heading" role="presentation">
        {item.label}
      </div>
    );
  const choose = (event: Event): void => {
    event.stopPropagation();
    close(true); // first: what it runs may move the focus on
    item.run();
  };
  const role =
    item.checked === undefined
      ? ({ role: "menuitem" } as const)
      : ({ role: "menuitemcheckbox", "aria-checked": item.checked } as const);
  return (
    <button
      type="button"
      {...role}
      class={`gs-menu-item${item.danger === true ? " gs-menu-danger" : ""}`}
      aria-disabled={item.disabled}
      disabled={item.disabled ?? false}
      tabIndex={-1}
      onClick={choose}
    >
      <span class="gs-menu-icon">
        {item.checked === true ? (
          <Icon name="check" size={18} />
        ) : (
          item.icon !== undefined && <Icon name={item.icon} size={18} />
        )}
      </span>
      <span class="gs-menu-label">{item.label}</span>
      {item.shortcut !== undefined && (
        <span class="gs-kbd" aria-hidden="true">
          {item.shortcut}
        </span>
      )}
    </button>
  );
}

function entries(menu: HTMLElement | null): HTMLElement[] {
  return menu === null ? [] : [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)')];
}
