import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { fixture } from "./test-support/fixture.ts";

/**
 * `--mode fixture` answers /api/v1 from test-support, so that the console can be built and looked at without a server.
 * Nothing of it goes into the bundle: without that mode the plugin is not even loaded into the server.
 */
export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === "fixture" ? [fixture()] : [])],
  server: { proxy: { "/api": process.env["HIKESHI_URL"] ?? "http://127.0.0.1:8420" } },
  build: {
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx", "scripts/**/*.test.mjs"], environment: "node" },
}));
