import { defineConfig } from "vitest/config";

// The build lands in the Python package that serves it, and goes into the wheel with it.
export default defineConfig({
  build: {
    outDir: "../wave_web/static/client",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // no data: URLs, and no inline scripts: the content security policy is strict
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
  },
});
