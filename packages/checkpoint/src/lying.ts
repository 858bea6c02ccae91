import { bytesPerElement, isContiguous } from "@ashlar/backend";
import { copy, permute, type Tensor, transpose } from "@ashlar/tensor";

/** Whether a tensor is all that its memory holds. */
export function coversItsMemory({ storage, dtype, size }: Tensor): boolean {
  return storage.buffer.bytes === size * bytesPerElement(dtype);
}

/** Whether kernels read a tensor as fast as any: along its rows, or, a matrix, along its columns. */
export function liesWell(x: Tensor): boolean {
  return isContiguous(x) || (x.rank === 2 && isContiguous(transpose(x)));
}

/** The same numbers in memory of their own, their axes in the order in which they lay: nothing is turned around. A matrix comes to lie well. */
export function copyAsItLies(x: Tensor): Tensor {
  const order = x.strides.map((_, axis) => axis).toSorted((a, b) => Math.abs(x.strides[b] as number) - Math.abs(x.strides[a] as number));
  if (x.rank !== 2) return copy(x);
  const back = order.map((_, place) => order.indexOf(place));
  return permute(copy(permute(x, order)), back);
}
