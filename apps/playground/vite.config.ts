import { defaultClientConditions, defineConfig } from "vite";

// What makes a page cross-origin isolated, so that threads may share memory. A static host that doesn't send them has one thread.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  base: "./", // any folder of any host
  resolve: { conditions: ["@ashlar/source", ...defaultClientConditions] },
  // WebAssembly with relaxed SIMD and WebGPU are younger than this
  build: { target: "es2022", modulePreload: false },
  worker: { format: "es" },
  server: { headers },
  preview: { headers },
});
