import type { ComponentChildren, JSX } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";
import { type Anchor, useDismissal, useFloating } from "./floating";
import { firstFocusable } from "./focus";
import type { Placement } from "./placement";
import "./floating.css";

export interface PopoverProps {
  /** The element that it belongs to, usually the button that opened it. */
  readonly anchor: Anchor;
  /** Its name for screen readers. */
  readonly label: string;
  readonly placement?: Placement;
  /** "content": the focus goes to its first control; "none": it stays, as with suggestions while typing. */
  readonly focus?: "content" | "none";
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A small panel beside its anchor. Escape and presses elsewhere close it; the focus then returns to the anchor. */
export function Popover(props: PopoverProps): JSX.Element {
  const { anchor, placement = "bottom-start", focus = "content", onClose } = props;
  const ref = useRef<HTMLDivElement>(null);
  useFloating(ref, anchor, placement);
  const dismiss = useCallback(
    (how: "outside" | "escape") => {
      onClose();
      if (how === "escape" && focus === "content" && anchor instanceof HTMLElement) anchor.focus();
    },
    [anchor, focus, onClose],
  );
  useDismissal(ref, anchor, dismiss);
  useLayoutEffect(() => {
    if (focus === "content" && ref.current !== null) (firstFocusable(ref.current) ?? ref.current).focus();
  }, [focus]);
  return (
    <div ref={ref} class="gs-floating gs-popover" popover="manual" role="dialog" aria-label={props.label} tabIndex={-1}>
      {props.children}
    </div>
  );
}
