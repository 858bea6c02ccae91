import type { CacheState, KeysAndValues } from "@ashlar/attention";
import { fromData, slice, type Tensor, take } from "@ashlar/tensor";

/** Rows of a tensor [batch, …] in another order, dropped or repeated. */
export function takeRows(tensor: Tensor, rows: Int32Array): Tensor {
  return take(tensor, fromData(rows, [rows.length], { device: tensor.device }), 0);
}

/** The cache of other rows: row i is what row `rows[i]` was. */
export function cacheOfRows({ length, layers }: CacheState, rows: Int32Array): CacheState {
  return { length, layers: changed(layers, (tensor) => takeRows(tensor, rows)) };
}

/** The cache as it was `count` positions ago, where every layer grows with the text. */
export function cacheBefore({ length, layers }: CacheState, count: number): CacheState {
  return { length: length - count, layers: changed(layers, (tensor) => slice(tensor, 1, { end: length - count })) };
}

function changed(layers: CacheState["layers"], change: (tensor: Tensor) => Tensor): Record<string, KeysAndValues> {
  return Object.fromEntries(Object.entries(layers).map(([path, { key, value }]) => [path, { key: change(key), value: change(value) }]));
}
