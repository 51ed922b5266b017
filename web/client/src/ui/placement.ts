/** Where something that floats goes beside what it belongs to. All in CSS px of the viewport. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
/** The side it prefers, and the edge of the anchor that it lines up with. */
export type Placement = "bottom-start" | "bottom-end" | "top-start" | "top-end" | "bottom" | "top" | "right";
export interface Place {
  readonly left: number;
  readonly top: number;
  /** Larger content scrolls. */
  readonly maxHeight: number;
}

const MARGIN = 8;

/** On the preferred side if there is room, else on the other if there is more; never outside of the viewport. */
export function place(anchor: Box, floating: Size, viewport: Size, placement: Placement, gap = 4): Place {
  const left = clamp(
    alignedLeft(anchor, floating.width, placement, gap),
    MARGIN,
    viewport.width - floating.width - MARGIN,
  );
  if (placement === "right") {
    const centred = anchor.top + (anchor.height - floating.height) / 2;
    const top = clamp(centred, MARGIN, viewport.height - floating.height - MARGIN);
    return { left, top, maxHeight: viewport.height - 2 * MARGIN };
  }
  const above = anchor.top - gap - MARGIN;
  const below = viewport.height - anchor.top - anchor.height - gap - MARGIN;
  const wantsBelow = placement.startsWith("bottom");
  const preferred = wantsBelow ? below : above;
  const other = wantsBelow ? above : below;
  const goesBelow = wantsBelow === (preferred >= floating.height || preferred >= other);
  const maxHeight = Math.max(0, goesBelow ? below : above);
  const height = Math.min(floating.height, maxHeight);
  return { left, top: goesBelow ? anchor.top + anchor.height + gap : anchor.top - gap - height, maxHeight };
}

function alignedLeft(anchor: Box, width: number, placement: Placement, gap: number): number {
  if (placement === "right") return anchor.left + anchor.width + gap;
  if (placement.endsWith("-start")) return anchor.left;
  if (placement.endsWith("-end")) return anchor.left + anchor.width - width;
  return anchor.left + (anchor.width - width) / 2;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
