import type { Operand } from "../contract/operand.ts";
import { elementCount } from "../contract/operand.ts";

/**
 * Where each element of an operand lies in its buffer, in row-major order of the shape: what `offset + i·strides[0] + j·strides[1] + …`
 * counts through.
 *
 * @example
 * ```ts
 * import { positions } from "@ashlar/backend";
 * positions({ shape: [2, 3], strides: [1, 2], offset: 0 }); // a transpose: 0, 2, 4, 1, 3, 5
 * ```
 */
export function positions({ shape, strides, offset }: Pick<Operand, "shape" | "strides" | "offset">): Int32Array {
  const out = new Int32Array(elementCount(shape));
  const last = shape.length - 1;
  let index = 0;
  const visit = (axis: number, position: number): void => {
    const size = shape[axis]!;
    const stride = strides[axis]!;
    for (let i = 0; i < size; i++, position += stride) {
      if (axis === last) out[index++] = position;
      else visit(axis + 1, position);
    }
  };
  if (last < 0) out[0] = offset;
  else if (out.length > 0) visit(0, offset);
  return out;
}
