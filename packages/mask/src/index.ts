// What a mask is.
export type { Cover, FormValue, Known, Mask, MaskForm, Predicate, Range } from "./mask.ts";
export type { PerPosition, PerRow, Rectangle } from "./rows.ts";
export { MaskError } from "./errors.ts";

// Masks by distance.
export { bidirectionalWindow, causal, dilated, full, slidingWindow } from "./masks/distance.ts";

// Masks by key.
export { leftPadding, type PrefixOptions, padding, prefix } from "./masks/keys.ts";

// Masks by what positions belong to.
export { type ChunkedOptions, chunked } from "./masks/chunked.ts";
export { documentIds, type SameDocumentOptions, sameDocument } from "./masks/documents.ts";

// Any rule.
export { type WhereOptions, where } from "./masks/where.ts";

// The algebra.
export { and, both, not, or } from "./algebra/logic.ts";
export { transposed } from "./algebra/positions.ts";

// What kernels read.
export type { Layout, Span } from "./table/layout.ts";
export { type CompileOptions, compile, type MaskTable } from "./table/compile.ts";
export { denseTable } from "./table/denseTable.ts";

// Text.
export { printMask } from "./text/print.ts";
