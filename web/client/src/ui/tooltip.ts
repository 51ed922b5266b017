/** Tooltips: what `data-tooltip` on any element says, after a moment's pointing or at once with the keyboard's focus. */
import { place } from "./placement";
import "./tooltip.css";

const DELAY = 450; // ms of resting on something before it explains itself

/** Show tooltips in this document from now on. They repeat an accessible name, so they are hidden from screen readers. */
export function installTooltips(root: Document): () => void {
  const tip = root.createElement("div");
  tip.className = "gs-tooltip";
  tip.popover = "manual";
  tip.setAttribute("aria-hidden", "true");
  root.body.append(tip);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let owner: HTMLElement | null = null;

  const hide = (): void => {
    clearTimeout(timer);
    owner = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (element: HTMLElement): void => {
    const text = element.dataset.tooltip;
    if (text === undefined || text === "" || !element.isConnected) return;
    tip.textContent = text;
    tip.showPopover();
    const viewport = { width: root.documentElement.clientWidth, height: window.innerHeight };
    const size = { width: tip.offsetWidth, height: tip.offsetHeight };
    const { left, top } = place(element.getBoundingClientRect(), size, viewport, "bottom", 6);
    tip.style.left = `${Math.round(left)}px`;
    tip.style.top = `${Math.round(top)}px`;
  };
  const enter = (event: Event): void => {
    const target = event.target instanceof Element ? event.target : null;
    if (target === tip) return; // it may be pointed at without going away
    const element = target?.closest<HTMLElement>("[data-tooltip]") ?? null;
    if (element === owner) return;
    hide();
    if (element === null || element.getAttribute("aria-expanded") === "true") return;
    owner = element;
    if (event.type === "focusin") {
      if (element.matches(":focus-visible")) show(element);
    } else if ((event as PointerEvent).pointerType === "mouse") timer = setTimeout(() => show(element), DELAY);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Enter" || event.key === " ") hide();
  };
  root.addEventListener("pointerover", enter);
  root.addEventListener("focusin", enter);
  root.addEventListener("focusout", hide);
  root.addEventListener("pointerdown", hide);
  root.addEventListener("keydown", key, true);
  root.addEventListener("scroll", hide, { capture: true, passive: true });
  return () => {
    hide();
    tip.remove();
    root.removeEventListener("pointerover", enter);
    root.removeEventListener("focusin", enter);
    root.removeEventListener("focusout", hide);
    root.removeEventListener("pointerdown", hide);
    root.removeEventListener("keydown", key, true);
    root.removeEventListener("scroll", hide, { capture: true });
  };
}
