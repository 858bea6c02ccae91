export type { ConformanceCase, Tolerance } from "./case.ts";
export { cases } from "./cases.ts";
export { ConformanceError } from "./error.ts";
