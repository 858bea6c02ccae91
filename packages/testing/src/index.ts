export { type GoldenArray, type GoldenCase, type GoldenFile, golden, goldens, numbers } from "./golden.ts";
export { type Tolerance, toClose } from "./close.ts";
