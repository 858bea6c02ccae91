import * as sizes from "../../src/program/opcodes";

// The interpreter's sizes, as the kernels count: see src/program/opcodes.ts.

export const BLOCK: usize = sizes.BLOCK;
export const BLOCK_BYTES: usize = sizes.BLOCK_BYTES;
export const TABLE_BYTES: usize = sizes.TABLE_BYTES;
export const COUNTER_BYTES: usize = sizes.COUNTER_BYTES;
