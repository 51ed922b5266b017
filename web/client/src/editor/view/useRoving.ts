/** One stop for the Tab key in a row of buttons, and arrow keys between them (ARIA: toolbar). */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Keeps the row's one tab stop; returns what handles its keys. */
export function useRoving(ref: RefObject<HTMLElement | null>): (event: KeyboardEvent) => void {
  useLayoutEffect(() => {
    const all = buttons(ref.current);
    const stop = all.find((button) => button === document.activeElement) ?? all.find((button) => button.tabIndex === 0);
    setStop(all, stop ?? all[0]);
  });
  return (event) => {
    const all = buttons(ref.current);
    const focused = document.activeElement;
    const at = focused instanceof HTMLElement ? all.indexOf(focused) : -1;
    const rtl = ref.current !== null && getComputedStyle(ref.current).direction === "rtl";
    const to = target(event.key, at, all.length, rtl);
    if (at < 0 || to === null) return;
    event.preventDefault();
    setStop(all, all[to]);
    all[to]?.focus();
  };
}

function target(key: string, at: number, count: number, rtl: boolean): number | null {
  const forward = rtl ? "ArrowLeft" : "ArrowRight";
  const back = rtl ? "ArrowRight" : "ArrowLeft";
  if (key === forward) return (at + 1) % count;
  if (key === back) return (at - 1 + count) % count;
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}

function setStop(all: readonly HTMLElement[], stop: HTMLElement | undefined): void {
  for (const button of all) button.tabIndex = button === stop ? 0 : -1;
}

/** The row's own buttons, not those of menus that are open in it. */
function buttons(row: HTMLElement | null): readonly HTMLElement[] {
  if (row === null) return [];
  return [...row.querySelectorAll<HTMLElement>("button:not(:disabled)")].filter(
    (button) => button.closest("[popover]") === null,
  );
}
