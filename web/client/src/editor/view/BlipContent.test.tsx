// @vitest-environment happy-dom
import fc from "fast-check";
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { blipDocument } from "../../conversation";
import type { DocOp } from "../../ot";
import { anyBlip, documentOf } from "../testing/arbitraries";
import { BlipContent } from "./BlipContent";

vi.setConfig({ testTimeout: 60_000 }); // properties take their time on a busy machine

async function shown(place: HTMLElement, document: DocOp): Promise<HTMLElement> {
  await act(() => render(<BlipContent document={document} />, place));
  return place;
}

test("only lines that differ are drawn again", async () => {
  const place = document.createElement("div");
  await shown(place, blipDocument("one\ntwo\nthree"));
  const before = [...place.querySelectorAll(".gs-line")];
  await shown(place, blipDocument("one\nnew\nlines\nthree"));
  const after = [...place.querySelectorAll(".gs-line")];
  expect(after.map((line) => line.textContent)).toEqual(["one", "new", "lines", "three"]);
  expect([after[0], after[3]]).toEqual([before[0], before[2]]);
  expect(after[3]).toBe(before[2]);
});

test("whatever the document was before, another one is shown as if it were the first", async () => {
  await fc.assert(
    fc.asyncProperty(anyBlip, anyBlip, async (one, other) => {
      const [place, fresh] = [document.createElement("div"), document.createElement("div")];
      await shown(place, documentOf(one).toOp());
      await shown(place, documentOf(other).toOp());
      await shown(fresh, documentOf(other).toOp());
      expect(place.innerHTML).toBe(fresh.innerHTML);
      expect(place.innerHTML).not.toMatch(/javascript:|position:/);
    }),
    { numRuns: 60 },
  );
});
