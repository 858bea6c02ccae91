import { TensorError } from "../core/errors.ts";
import { launch } from "../core/launch.ts";
import { record } from "../core/tape.ts";
import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { repeated } from "./broadcast.ts";
import { asQuantized, dequantize, isQuantized, type Quantized, quantizedParts, showQuantized } from "./quantize.ts";
import { reshape } from "./views.ts";

/**
 * `output[…, i, …] = x[…, indices[…, i, …], …]` along an axis (NumPy's take_along_axis). Indices are int32, of x's shape but for that axis.
 * x may be kept in float16 or bfloat16: what is picked is float32, and no gradient goes to x.
 *
 * @throws TensorError when shapes or types don't fit; DeviceError when an index lies outside x, on devices that can tell.
 */
export function gather(x: Tensor, indices: Tensor, axis = -1): Tensor {
  const at = frontAxis("gather", axis, x.rank);
  const fits = indices.rank === x.rank && indices.shape.every((size, index) => index === at || size === x.shape[index]);
  if (indices.dtype !== "int32" || !fits)
    throw new TensorError(`gather: expected int32 indices like [${x.shape.join(", ")}] but for axis ${axis}, got ${indices}`);
  const output = launch(x.device, "gather", {
    settings: { axis: at },
    operands: [x, indices],
    outputs: [{ shape: indices.shape, dtype: x.dtype === "int32" || x.dtype === "bool" ? x.dtype : "float32" }],
  })[0] as Tensor;
  const settings = { axis: at, size: x.shape[at] as number };
  record({
    inputs: [x, indices],
    outputs: [output],
    pull: ([g], [wanted]) => [g && wanted ? scatterAdd(g, indices, settings.size, at) : null, null],
    outputsUnread: true,
    // a few rows of a large table, whose other rows have their gradients from elsewhere
    onto: ([g], sum) => {
      const outputs = [{ shape: x.shape, dtype: x.dtype }];
      return g ? (launch(x.device, "scatterAdd", { settings, operands: [g, indices, sum], outputs, donated: [2] })[0] as Tensor) : sum;
    },
  });
  return output;
}

/**
 * The reverse of `gather`: zeros of extent `size` along the axis, to which `output[…, indices[…, i, …], …] += source[…, i, …]`. The int32
 * indices have the source's shape.
 *
 * @throws TensorError when shapes or types don't fit; DeviceError when an index is not below `size`, on devices that can tell.
 */
export function scatterAdd(source: Tensor, indices: Tensor, size: number, axis = -1): Tensor {
  const at = frontAxis("scatterAdd", axis, source.rank);
  if (indices.dtype !== "int32" || indices.rank !== source.rank || indices.shape.some((extent, index) => extent !== source.shape[index]))
    throw new TensorError(`scatterAdd: expected int32 indices [${source.shape.join(", ")}] like the source, got ${indices}`);
  const shape = source.shape.map((extent, index) => (index === at ? size : extent));
  const call = { settings: { axis: at, size }, operands: [source, indices], outputs: [{ shape, dtype: source.dtype }] } as const;
  const output = launch(source.device, "scatterAdd", call)[0] as Tensor;
  record({ inputs: [source, indices], outputs: [output], pull: ([g]) => [g ? gather(g, indices, at) : null, null] });
  return output;
}

/**
 * Rows of a table: `table [rows, …width]` at int32 `indices` of any shape gives `[…indices, …width]`. An embedding look-up; its gradient
 * adds up where an index repeats. With an axis, that one is looked up and the indices' axes take its place. A table kept in float16 or bfloat16 is
 * read as it lies, gives float32 and gets no gradient. Of a quantized table rows alone can be taken; only those are unpacked.
 *
 * @throws TensorError when the indices aren't int32; DeviceError when one lies outside the table, on devices that can tell.
 */
export function take(table: Tensor | Quantized, indices: Tensor, axis = 0): Tensor {
  if (isQuantized(table)) return takeOf(table, indices, axis);
  const at = frontAxis("take", axis, table.rank);
  if (indices.dtype !== "int32") throw new TensorError(`take: expected int32 indices, got ${indices}`);
  const [before, after] = [table.shape.slice(0, at), table.shape.slice(at + 1)];
  const lifted = reshape(indices, [indices.size, ...after.map(() => 1)]);
  return reshape(gather(table, repeated(lifted, [...before, indices.size, ...after]), at), [...before, ...indices.shape, ...after]);
}

function takeOf(table: Quantized, indices: Tensor, axis: number): Tensor {
  if (axis !== 0) throw new TensorError(`take: expected axis 0 for the table ${showQuantized(table)}, got ${axis}; dequantize() it first`);
  const { bits, codes, scales, input } = quantizedParts(table);
  const flat = reshape(indices, [indices.size]);
  const rows = dequantize(asQuantized(bits, take(codes, flat), take(scales, flat)));
  return reshape(rows, [...indices.shape, input]);
}
