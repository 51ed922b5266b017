/** What floats above the page: shown in the browser's top layer, beside its anchor, moving with it. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { type Placement, place } from "./placement";

/** What a floating element belongs to: an element, or a place without one, such as a caret. */
export type Anchor = { getBoundingClientRect(): DOMRect };

/** Put the element, which has popover="manual", into the top layer while it is mounted, and keep it beside the anchor. */
export function useFloating(ref: RefObject<HTMLElement | null>, anchor: Anchor, placement: Placement, gap = 4): void {
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    element.showPopover();
    const update = (): void => position(element, anchor, placement, gap);
    update();
    const observer = new ResizeObserver(update);
    observer.observe(element);
    window.addEventListener("resize", update);
    window.addEventListener("scroll", update, { capture: true, passive: true });
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", update);
      window.removeEventListener("scroll", update, { capture: true });
    };
  }, [anchor, placement, gap]);
}

function position(element: HTMLElement, anchor: Anchor, placement: Placement, gap: number): void {
  const viewport = { width: document.documentElement.clientWidth, height: window.innerHeight };
  element.style.maxHeight = "";
  const floating = { width: element.offsetWidth, height: element.offsetHeight };
  const { left, top, maxHeight } = place(anchor.getBoundingClientRect(), floating, viewport, placement, gap);
  element.style.left = `${Math.round(left)}px`;
  element.style.top = `${Math.round(top)}px`;
  element.style.maxHeight = `${Math.floor(maxHeight)}px`;
}

/** Call back when somebody presses outside of the element and its anchor, or Escape inside or outside. */
export function useDismissal(
  ref: RefObject<HTMLElement | null>,
  anchor: Anchor,
  dismiss: (how: "outside" | "escape") => void,
): void {
  useLayoutEffect(() => {
    const press = (event: PointerEvent): void => {
      const target = event.target instanceof Node ? event.target : null;
      const inside = ref.current?.contains(target) === true || (anchor instanceof Node && anchor.contains(target));
      if (!inside) dismiss("outside");
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault(); // or a dialog around it would close too
      event.stopPropagation();
      dismiss("escape");
    };
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("keydown", key, true);
    };
  }, [anchor, dismiss]);
}
