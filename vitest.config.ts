import { defineConfig } from "vitest/config";

export default defineConfig({
  // With the source condition `@ashlar/x` means packages/x/src: tests never need a build.
  ssr: { resolve: { conditions: ["@ashlar/source", "module", "node", "development|production"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "tests/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
