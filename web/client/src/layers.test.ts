import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** The folders of src, lowest first; those of one row do not know each other. docs/client.md draws the same. */
const LAYERS = [
  ["i18n", "ot", "styles"],
  ["conversation", "ui"],
  ["sync"],
  ["app"],
  ["history"],
  ["editor"],
  ["wave", "playback"],
  ["pages"],
] as const;

const SOURCES = import.meta.dirname;
const IMPORT = /(?:^(?:import|export)\b[^;"]*?from\s*|^import\s*|\bimport\()"(\.[^"]+)"/gm;

const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/\.(?:test|bench)\.|testing|ForTests/.test(name))
  .sort();
const known = new Set(files);

/** What a file imports of our own sources, by path below src. */
function importsOf(file: string): readonly string[] {
  const found = [...readFileSync(join(SOURCES, file), "utf8").matchAll(IMPORT)].map(([, target]) => {
    const path = relative(SOURCES, join(SOURCES, dirname(file), target ?? ""));
    return ["", ".ts", ".tsx", "/index.ts"].map((ending) => path + ending).find((name) => known.has(name));
  });
  return found.filter((name) => name !== undefined);
}

const graph = new Map(files.map((file) => [file, importsOf(file)] as const));
const layerOf = (file: string): number => {
  const folder = file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
  return folder === "" ? LAYERS.length : LAYERS.findIndex((row) => (row as readonly string[]).includes(folder));
};

test("every folder has its layer", () => {
  expect(files.filter((file) => layerOf(file) < 0)).toEqual([]);
});

test("no module imports from a layer above its own, nor from its neighbours'", () => {
  const folder = (file: string): string | undefined => file.split("/")[0];
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((other) => folder(other) !== folder(file) && layerOf(other) >= layerOf(file))
      .map((other) => `${file} imports ${other}`),
  );
  expect(wrong).toEqual([]);
});

test("no module imports itself by a detour", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" > "));
    if (path.includes(file) || done.has(file)) return;
    for (const other of graph.get(file) ?? []) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
