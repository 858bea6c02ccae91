/** A shape and the strides of several operands over it. */
export interface Strided {
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** For each operand, its stride along each axis. */
  readonly strides: readonly (readonly number[])[];
}

/**
 * The same walk with fewer axes: drops axes of size 1 and joins neighbours that every operand steps through as one, so that a kernel's
 * inner loop is as long as it can be. Contiguous operands of any shape become one axis; a single element becomes none.
 */
export function coalesce({ shape, strides }: Strided): Strided {
  const sizes: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((stride, operand) => steps[operand]![last] === stride[axis]! * size)) {
      sizes[last] = sizes[last]! * size;
      for (let operand = 0; operand < strides.length; operand++) steps[operand]![last] = strides[operand]![axis]!;
    } else {
      sizes.push(size);
      for (let operand = 0; operand < strides.length; operand++) steps[operand]!.push(strides[operand]![axis]!);
    }
  }
  return { shape: sizes, strides: steps };
}
