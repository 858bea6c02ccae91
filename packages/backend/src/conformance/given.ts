import type { DType, HostArray } from "../contract/dtype.ts";
import { hostArray } from "../contract/dtype.ts";
import { contiguousStrides, elementCount } from "../contract/operand.ts";

/** What a case gives a kernel: host data and the view of it that becomes an operand. */
export interface Given {
  /** The whole buffer. */
  readonly data: HostArray;
  /** Its type. */
  readonly dtype: DType;
  /** The size of each axis of the view. */
  readonly shape: readonly number[];
  /** Its strides. */
  readonly strides: readonly number[];
  /** Its first element's place. */
  readonly offset: number;
}

/** A contiguous array of given numbers. */
export function array(shape: readonly number[], values: ArrayLike<number>, dtype: DType = "float32"): Given {
  const data = hostArray(dtype, elementCount(shape));
  if (values.length !== data.length) throw new RangeError(`array: [${shape.join(", ")}] holds ${data.length} elements, ${values.length} came`);
  data.set(values);
  return { data, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

/** A contiguous float32 array of repeatable pseudo-random numbers in [low, high). */
export function floats(shape: readonly number[], seed: number, low = -1, high = 1): Given {
  const next = generator(seed);
  return array(
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => low + (high - low) * next()),
  );
}

/** A contiguous int32 array of repeatable pseudo-random integers in [low, high). */
export function integers(shape: readonly number[], seed: number, low: number, high: number): Given {
  const next = generator(seed);
  const values = Int32Array.from({ length: elementCount(shape) }, () => Math.floor(low + (high - low) * next()));
  return array(shape, values, "int32");
}

/** A contiguous bool array of repeatable coin tosses. */
export function bools(shape: readonly number[], seed: number): Given {
  return array(shape, integers(shape, seed, 0, 2).data, "bool");
}

/** The same elements with the axes in another order. */
export function permuted(given: Given, order: readonly number[]): Given {
  return { ...given, shape: order.map((axis) => given.shape[axis]!), strides: order.map((axis) => given.strides[axis]!) };
}

/** The same elements repeated to a larger shape: new axes in front and axes of size 1 get stride 0. */
export function broadcast(given: Given, shape: readonly number[]): Given {
  const added = shape.length - given.shape.length;
  const strides = shape.map((size, axis) => (axis < added || given.shape[axis - added] !== size ? 0 : given.strides[axis - added]!));
  return { ...given, shape, strides };
}

/** Every `step`-th element of an axis from `start` up to `end`. */
export function sliced(given: Given, axis: number, start: number, end: number, step = 1): Given {
  const stride = given.strides[axis]!;
  return {
    ...given,
    shape: given.shape.with(axis, Math.ceil((end - start) / step)),
    strides: given.strides.with(axis, stride * step),
    offset: given.offset + start * stride,
  };
}

/** The elements of an axis in the opposite order, by a negative stride. */
export function flipped(given: Given, axis: number): Given {
  const stride = given.strides[axis]!;
  return { ...given, strides: given.strides.with(axis, -stride), offset: given.offset + (given.shape[axis]! - 1) * stride };
}

/** The element at an index, as a number. */
export function at({ data, strides, offset }: Given, index: readonly number[]): number {
  return data[index.reduce((position, i, axis) => position + i * strides[axis]!, offset)]!;
}

/** Every index of a shape, in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((found, size) => found.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])), [[]]);
}

/** Every element of a view, in row-major order. */
export function elements(given: Given): number[] {
  if (given.data.length === elementCount(given.shape) && given.strides.every((stride, axis) => stride === contiguousStrides(given.shape)[axis])) {
    return Array.from(given.data);
  }
  return indices(given.shape).map((index) => at(given, index));
}

/** Repeatable numbers in [0, 1): a Weyl sequence through an avalanche of multiplications. */
function generator(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
