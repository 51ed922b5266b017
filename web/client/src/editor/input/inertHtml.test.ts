import { expect, test } from "vitest";
import { inertHtml } from "./inertHtml";

test("styles are moved, in whatever way they are written", () => {
  expect(inertHtml(`<p style="a: b" class=x>`)).toBe(`<p data-gs-style="a: b" class=x>`);
  expect(inertHtml("<p\nSTYLE='mso-list:l0'>")).toBe("<p\ndata-gs-style='mso-list:l0'>");
  expect(inertHtml("<span lang=DE style=color:red>x</span>")).toBe("<span lang=DE data-gs-style=color:red>x</span>");
});

test("style sheets and event handlers go", () => {
  expect(inertHtml("a<style><!-- p { margin: 0 } --></style >b")).toBe("ab");
  expect(inertHtml(`<a href="x" onclick="go('>')">`)).toBe(`<a href="x" >`);
});

test("text and values that only look like styles stay", () => {
  for (const html of ["a style=b < c style=d", `<a title=" style='x' onclick=y ">`, "<p>style=</p>", `<a b="`]) {
    expect(inertHtml(html)).toBe(html);
  }
});
