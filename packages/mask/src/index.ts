// What a mask is.
export type { Cover, FormValue, Known, Mask, MaskForm, Predicate, Range } from "./mask.ts";
export type { PerPosition, PerRow, Rectangle } from "./rows.ts";
export { MaskError } from "./errors.ts";

// Masks by distance.
export { bidirectionalWindow, causal, dilated, full, slidingWindow } from "./masks/distance.ts";

// Masks by key.
export { leftPadding, type PrefixOptions, padding, prefix, summaryKeys, type VisibleKeysOptions, visibleKeys } from "./masks/keys.ts";

// Masks by what positions belong to.
export { type ChunkedOptions, chunked } from "./masks/chunked.ts";
export { documentIds, type SameDocumentOptions, sameDocument } from "./masks/documents.ts";

export { globalTokens } from "./masks/globalTokens.ts";

// Any matrix, any rule.
export { type DenseLines, type DenseMatrix, type DenseOptions, dense } from "./masks/dense.ts";
export { type WhereOptions, where } from "./masks/where.ts";

// The algebra.
export { and, both, not, or } from "./algebra/logic.ts";
export { blocked, selectRows, transposed } from "./algebra/positions.ts";

// What kernels read.
export type { Layout, Span } from "./table/layout.ts";
export { type CompileOptions, compile, type MaskTable } from "./table/compile.ts";
export { denseTable } from "./table/denseTable.ts";
export { type BlockCounts, type DescribeOptions, describe, type MaskDescription } from "./table/describe.ts";

// Pictures.
export { type DrawOptions, draw } from "./picture/draw.ts";
export { type SVGOptions, toSVG } from "./picture/svg.ts";

// Text and data.
export { equal } from "./text/equal.ts";
export { fromJSON, type MaskJSON, type MaskJSONValue, toJSON } from "./text/json.ts";
export { parseMask } from "./text/parse.ts";
export { printMask } from "./text/print.ts";
