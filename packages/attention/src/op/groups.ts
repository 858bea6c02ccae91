import { broadcastTo, expandDims, permute, reshape, type Tensor } from "@ashlar/tensor";

/** Query heads by the key head they read: [batch, time, heads, d] to [batch, kvHeads, group, time, d]. */
export function regrouped(x: Tensor, kvHeads: number): Tensor {
  const { batch, time, heads, dim } = x.dims("batch time heads dim");
  return permute(reshape(x, [batch, time, kvHeads, heads / kvHeads, dim]), [0, 2, 3, 1, 4]);
}

/** Keys or values, repeated for their group of query heads: [batch, time, kvHeads, d] to [batch, kvHeads, group, time, d]. */
export function grouped(x: Tensor, heads: number): Tensor {
  const { batch, time, kvHeads, dim } = x.dims("batch time kvHeads dim");
  const group = heads / kvHeads;
  return broadcastTo(expandDims(permute(x, [0, 2, 1, 3]), 2), [batch, kvHeads, group, time, dim]);
}

/** Back to [batch, time, heads, d]. */
export function ungrouped(x: Tensor): Tensor {
  const [batch, kvHeads, group, time, dim] = x.shape as [number, number, number, number, number];
  return reshape(permute(x, [0, 3, 1, 2, 4]), [batch, time, kvHeads * group, dim]);
}
