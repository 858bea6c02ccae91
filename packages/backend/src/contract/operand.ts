import type { DType } from "./dtype.ts";

/** A device's own handle on some of its memory. Only the device that made it looks inside; it never changes unless it is donated. */
export interface Buffer {
  /** How much of the device's memory it takes. */
  readonly bytes: number;
}

/**
 * What a kernel reads: a buffer seen through a shape. Element `[i, j, …]` is at `offset + i·strides[0] + j·strides[1] + …`, counted in
 * elements. A stride of 0 repeats (broadcasting); strides may be in any order (a transpose) and negative (a flip).
 */
export interface Operand {
  /** Where the elements are. */
  readonly buffer: Buffer;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** How many elements apart neighbours along each axis are. */
  readonly strides: readonly number[];
  /** The first element's place in the buffer, in elements. */
  readonly offset: number;
  /** What the elements are. */
  readonly dtype: DType;
}

/** The shape and type of one fresh, contiguous, row-major output. */
export interface OutputSpec {
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** What the elements are. */
  readonly dtype: DType;
}

/** The strides of a contiguous row-major array: the last axis is 1, each other one the product of the sizes after it. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** How many elements a shape holds; 1 for a scalar's empty shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** Whether an operand lies in row-major order without gaps or repeats, from its offset on. Axes of size 1 may have any stride. */
export function isContiguous({ shape, strides }: Pick<Operand, "shape" | "strides">): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size === 0) return true;
    if (size !== 1 && strides[axis] !== step) return false;
    step *= size;
  }
  return true;
}
