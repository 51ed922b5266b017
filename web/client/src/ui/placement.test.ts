import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Placement, place } from "./placement";
import { rowWindow } from "./window";

const viewport = { width: 1000, height: 800 };

describe("what floats", () => {
  it("stands on the preferred side while there is room", () => {
    const anchor = { left: 100, top: 100, width: 50, height: 20 };
    expect(place(anchor, { width: 200, height: 300 }, viewport, "bottom-start")).toMatchObject({ left: 100, top: 124 });
    expect(place(anchor, { width: 200, height: 50 }, viewport, "top-end")).toMatchObject({ left: 8, top: 46 });
  });

  it("goes to the other side when that has more room", () => {
    const anchor = { left: 100, top: 700, width: 50, height: 20 };
    expect(place(anchor, { width: 200, height: 300 }, viewport, "bottom-start").top).toBe(396);
  });

  it("never leaves the viewport, whatever its size and place", () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 900 }), height: fc.integer({ min: 1, max: 3000 }) });
    const box = fc.record({
      left: fc.integer({ min: 0, max: 990 }),
      top: fc.integer({ min: 0, max: 780 }),
      width: fc.constant(10),
      height: fc.constant(20),
    });
    const placement = fc.constantFrom<Placement>("bottom-start", "bottom-end", "top-start", "top-end", "bottom", "top");
    fc.assert(
      fc.property(box, size, placement, (anchor, floating, side) => {
        const { left, top, maxHeight } = place(anchor, floating, viewport, side);
        expect(left).toBeGreaterThanOrEqual(8);
        expect(left + floating.width).toBeLessThanOrEqual(992);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(top + Math.min(floating.height, maxHeight)).toBeLessThanOrEqual(800);
      }),
    );
  });
});

describe("a long list", () => {
  it("has the rows that are seen and some beyond, however long it is", () => {
    expect(rowWindow(0, 800, 80, 100_000, 5)).toEqual({ first: 0, end: 15 });
    expect(rowWindow(8_000, 800, 80, 100_000, 5)).toEqual({ first: 95, end: 115 });
    expect(rowWindow(8_000_000, 800, 80, 100, 5)).toEqual({ first: 100, end: 100 });
  });
});
