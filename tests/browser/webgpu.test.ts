import { browserSuite } from "./suite.ts";

browserSuite("webgpu", ["reference", "wasm, one thread", "wasm, two threads"]);
