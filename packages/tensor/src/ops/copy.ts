import { type DType, isContiguous } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { launch } from "../core/launch.ts";
import { record } from "../core/tape.ts";
import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { toBool, toFloat32, toInt32 } from "./instructions.ts";
import { expandDims, slice, split } from "./views.ts";

function copied(parts: readonly Tensor[], shape: readonly number[], dtype: DType, offsets: readonly (readonly number[])[], fill = 0): Tensor {
  const device = (parts[0] as Tensor).device;
  return launch(device, "copy", { settings: { offsets, fill }, operands: parts, outputs: [{ shape, dtype }] })[0] as Tensor;
}

const origin = (x: Tensor): number[] => x.shape.map(() => 0);

/** The same numbers in memory of their own. */
export function copy<Rank extends number>(x: Tensor<Rank>): Tensor<Rank> {
  const output = copied([x], x.shape, x.dtype, [origin(x)]);
  record({ inputs: [x], outputs: [output], pull: ([g]) => [g ?? null] });
  return output as unknown as Tensor<Rank>;
}

/** The same numbers in row-major order without gaps: x itself where it is so already. */
export function contiguous<Rank extends number>(x: Tensor<Rank>): Tensor<Rank> {
  return isContiguous(x) ? x : copy(x);
}

/**
 * As another element type. To the 16-bit floats it rounds to nearest even; float32 to int32 cuts toward zero. No gradient goes through
 * another type.
 */
export function cast<Rank extends number>(x: Tensor<Rank>, dtype: DType): Tensor<Rank> {
  if (x.dtype === dtype) return x;
  const stored = (type: DType): boolean => type === "float16" || type === "bfloat16";
  if (stored(dtype) || stored(x.dtype)) {
    const from = stored(x.dtype) ? x : cast(x, "float32");
    if (stored(from.dtype) && dtype !== "float32") return cast(cast(from, "float32"), dtype);
    return copied([from], x.shape, dtype, [origin(x)]) as unknown as Tensor<Rank>;
  }
  return (dtype === "float32" ? toFloat32(x) : dtype === "int32" ? toInt32(x) : toBool(x)) as Tensor<Rank>;
}

/** Joined along an axis that exists. @throws TensorError when types or other axes differ. */
export function concat(parts: readonly Tensor[], axis = -1): Tensor {
  const [first] = parts;
  if (!first) throw new TensorError("concat: expected at least one tensor, got none");
  const at = frontAxis("concat", axis, first.rank);
  for (const part of parts)
    if (part.dtype !== first.dtype || part.rank !== first.rank || part.shape.some((size, index) => index !== at && size !== first.shape[index]))
      throw new TensorError(`concat: expected tensors like ${first} but for axis ${axis}, got ${part}`);
  if (parts.length === 1) return first;
  const sizes = parts.map((part) => part.shape[at] as number);
  let total = 0;
  const offsets = sizes.map((size) => {
    const offset = origin(first).with(at, total);
    total += size;
    return offset;
  });
  const shape = first.shape.with(at, total);
  const output = copied(parts, shape, first.dtype, offsets);
  record({ inputs: parts, outputs: [output], pull: ([g]) => (g ? split(g, sizes, at) : parts.map(() => null)) });
  return output;
}

/** Joined along a new axis. @throws TensorError when there are none, or their types or shapes differ. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  const [first] = parts;
  if (!first) throw new TensorError("stack: expected at least one tensor, got none");
  for (const part of parts)
    if (part.dtype !== first.dtype || part.rank !== first.rank || part.shape.some((size, index) => size !== first.shape[index]))
      throw new TensorError(`stack: expected tensors like ${first}, got ${part}`);
  return concat(
    parts.map((part) => expandDims(part, axis)),
    axis,
  );
}

/** With `[before, after]` elements of `value` added on each axis; negative numbers cut off as many. @throws TensorError unless there is a pair an axis. */
export function pad(x: Tensor, around: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  if (around.length !== x.rank || around.flat().some((count) => !Number.isInteger(count)))
    throw new TensorError(`pad: expected [before, after] for each of ${x.rank} axes, got ${JSON.stringify(around)}`);
  if (around.every(([before, after]) => before === 0 && after === 0)) return x;
  if (around.some(([before, after]) => before < 0 || after < 0))
    return pad(
      cropped(x, around),
      around.map(([before, after]) => [Math.max(before, 0), Math.max(after, 0)]),
      value,
    );
  const shape = x.shape.map((size, axis) => size + (around[axis]?.[0] as number) + (around[axis]?.[1] as number));
  const start = around.map(([before]) => before);
  const output = copied([x], shape, x.dtype, [start], value);
  const cut = (g: Tensor): Tensor => start.reduce((part, first, axis) => slice(part, axis, { start: first, end: first + (x.shape[axis] as number) }), g);
  record({ inputs: [x], outputs: [output], pull: ([g]) => [g ? cut(g) : null] });
  return output;
}

/** Without the elements that negative numbers cut off. */
function cropped(x: Tensor, around: readonly (readonly [before: number, after: number])[]): Tensor {
  return around.reduce<Tensor>((part, [before, after], axis) => {
    const [start, end] = [Math.max(-before, 0), (x.shape[axis] as number) - Math.max(-after, 0)];
    return before < 0 || after < 0 ? slice(part, axis, { start, end }) : part;
  }, x);
}
