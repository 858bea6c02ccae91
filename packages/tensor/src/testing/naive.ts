// Arrays as nested indices say: what views and broadcasting are held against.

import type { Device } from "@ashlar/backend";
import fc from "fast-check";
import { fromData, type Tensor } from "../index.ts";

/** An array as a function of its indices. */
export interface Naive {
  readonly shape: readonly number[];
  at(index: readonly number[]): number;
}

/** Every index of a shape, row-major. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])), [[]]);
}

/** The elements of a naive array, row-major. */
export const elementsOf = ({ shape, at }: Naive): number[] => indices(shape).map(at);

/** The numbers 0, 1, 2 … in a shape. */
export function counting(shape: readonly number[]): Naive {
  return { shape, at: (index) => index.reduce((place, i, axis) => place * shape[axis]! + i, 0) };
}

/** The same as a tensor. */
export function countingTensor(shape: readonly number[], device: Device): Tensor {
  return fromData(Float32Array.from(elementsOf(counting(shape))), shape, { device });
}

/** Shapes of few and small axes, some of size 1 or 0. */
export const shapes: fc.Arbitrary<number[]> = fc.array(fc.nat(4), { maxLength: 4 });
