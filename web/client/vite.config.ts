import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const COMPRESSIBLE = /\.(?:js|css|html|svg|webmanifest)$/;

/** Puts a `.br` and a `.gz` beside every text file of the build, for the server to send as they are. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    writeBundle({ dir }) {
      if (dir === undefined) throw new Error("the build has no output directory");
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

// The build lands in the Python package that serves it, and goes into the wheel with it.
export default defineConfig({
  plugins: [precompressed()],
  build: {
    outDir: "../wave_web/static/client",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // no data: URLs, and no inline scripts: the content security policy is strict
    modulePreload: { polyfill: false },
    manifest: true, // tests read from it what the first page loads
    sourcemap: false,
  },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    maxWorkers: "100%", // by itself it leaves a core unused, which is half of what CI has
  },
});
