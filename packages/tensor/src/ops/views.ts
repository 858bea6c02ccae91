import { contiguousStrides, elementCount, isContiguous } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { type Node, record } from "../core/tape.ts";
import { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { broadcastShapes, repeated } from "./broadcast.ts";
import { concat, contiguous, pad } from "./copy.ts";
import { zerosLike } from "./create.ts";
import { sumTo } from "./sum-to.ts";

/** A view with one more op on the tape: its cotangent goes back through `back`. */
export function viewed(x: Tensor, shape: readonly number[], strides: readonly number[], offset: number, back: (g: Tensor) => Tensor): Tensor {
  const view = new Tensor(x.storage, x.dtype, shape, strides, offset);
  record({ inputs: [x], outputs: [view], pull: ([g]) => [g ? back(g) : null], outputsUnread: true });
  return view;
}

/** The strides with which the same memory has another shape, or undefined where a copy is needed. */
function stridesFor(x: Tensor, shape: readonly number[]): number[] | undefined {
  if (isContiguous(x)) return contiguousStrides(shape);
  const source = x.shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: x.strides[axis] as number }]));
  const strides = new Array<number>(shape.length).fill(0);
  let axis = shape.length - 1;
  // from the last axis on, runs of source axes that lie evenly are matched with runs of new axes of the same size
  for (let from = source.length - 1; from >= 0; ) {
    let { size, stride } = source[from] as { size: number; stride: number };
    let next = from - 1;
    while (next >= 0 && source[next]?.stride === stride * size) size *= source[next--]?.size as number;
    const whole = size;
    let covered = 1;
    while (axis >= 0 && covered < whole) {
      const extent = shape[axis] as number;
      strides[axis] = stride;
      stride *= extent;
      covered *= extent;
      axis--;
    }
    if (covered !== whole) return undefined;
    from = next;
  }
  return strides;
}

/**
 * The same elements in the same order under another shape; one size may be −1 and is worked out. A view where the memory allows it, else
 * a copy.
 *
 * @throws TensorError when the number of elements differs.
 */
export function reshape<const Sizes extends readonly number[]>(x: Tensor, shape: Sizes): Tensor<Sizes["length"]> {
  const known = elementCount(shape.filter((size) => size !== -1));
  const holes = shape.filter((size) => size === -1).length;
  const sizes = shape.map((size) => (size === -1 ? x.size / Math.max(known, 1) : size));
  if (holes > 1 || elementCount(sizes) !== x.size || sizes.some((size) => !Number.isInteger(size) || size < 0))
    throw new TensorError(`reshape: expected a shape for ${x.size} elements ([${x.shape.join(", ")}]), got [${shape.join(", ")}]`);
  if (sizes.length === x.rank && sizes.every((size, axis) => size === x.shape[axis])) return x as unknown as Tensor<Sizes["length"]>;
  const strides = stridesFor(x, sizes);
  if (!strides) return reshape(contiguous(x), shape);
  return viewed(x, sizes, strides, x.offset, (g) => reshape(g, x.shape)) as unknown as Tensor<Sizes["length"]>;
}

/** The axes in another order: axis i of the result is axis `order[i]` of x. A view. */
export function permute<Rank extends number>(x: Tensor<Rank>, order: readonly number[]): Tensor<Rank> {
  const axes = order.map((axis) => frontAxis("permute", axis, x.rank));
  if (axes.length !== x.rank || new Set(axes).size !== x.rank)
    throw new TensorError(`permute: expected each of ${x.rank} axes once, got [${order.join(", ")}]`);
  const back = axes.map((_, axis) => axes.indexOf(axis));
  const [shape, strides] = [axes.map((axis) => x.shape[axis] as number), axes.map((axis) => x.strides[axis] as number)];
  return viewed(x, shape, strides, x.offset, (g) => permute(g, back)) as unknown as Tensor<Rank>;
}

/** Two axes exchanged, the last two unless said. A view. */
export function transpose<Rank extends number>(x: Tensor<Rank>, first = -2, second = -1): Tensor<Rank> {
  const [a, b] = [frontAxis("transpose", first, x.rank), frontAxis("transpose", second, x.rank)];
  return permute(
    x,
    x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

/** A new axis of size 1 at `axis` of the result. A view. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = frontAxis("expandDims", axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Without an axis of size 1. A view. @throws TensorError when it has another size. */
export function squeeze(x: Tensor, axis: number): Tensor {
  const at = frontAxis("squeeze", axis, x.rank);
  if (x.shape[at] !== 1) throw new TensorError(`squeeze: expected axis ${axis} to have size 1, got ${x.shape[at]}`);
  return reshape(x, [...x.shape.slice(0, at), ...x.shape.slice(at + 1)]);
}

/** Repeated along axes of size 1 and new leading axes up to a shape. A view: nothing is copied. */
export function broadcastTo<const Sizes extends readonly number[]>(x: Tensor, shape: Sizes): Tensor<Sizes["length"]> {
  const reached = broadcastShapes("broadcastTo", [x, { shape }]);
  if (reached.some((size, axis) => size !== shape[axis]))
    throw new TensorError(`broadcastTo: [${x.shape.join(", ")}] does not broadcast to [${shape.join(", ")}]`);
  if (shape.length === x.rank && shape.every((size, axis) => size === x.shape[axis])) return x as unknown as Tensor<Sizes["length"]>;
  const view = repeated(x, shape);
  return viewed(x, shape, view.strides, x.offset, (g) => sumTo(g, x.shape)) as unknown as Tensor<Sizes["length"]>;
}

/** Where a slice begins and ends on one axis; negative numbers count from the end. */
export interface SliceRange {
  /** The first index; 0 unless said. */
  readonly start?: number;
  /** The index after the last; the axis' size unless said. */
  readonly end?: number;
  /** How far apart the elements taken are; 1 unless said. */
  readonly step?: number;
}

/** A part of one axis, `[start, end)`. A view. @throws TensorError when the range lies outside. */
export function slice<Rank extends number>(x: Tensor<Rank>, axis: number, { start = 0, end, step = 1 }: SliceRange): Tensor<Rank> {
  const at = frontAxis("slice", axis, x.rank);
  const size = x.shape[at] as number;
  const first = start < 0 ? start + size : start;
  const last = end === undefined ? size : end < 0 ? end + size : end;
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last > size || last < first)
    throw new TensorError(`slice: expected a range within 0…${size} on axis ${axis}, got ${start}…${end ?? size}`);
  if (!Number.isInteger(step) || step < 1) throw new TensorError(`slice: expected a step of at least 1, got ${step}; flip() turns an axis round`);
  const stride = x.strides[at] as number;
  const shape = x.shape.with(at, Math.ceil((last - first) / step));
  const strides = step === 1 ? x.strides : x.strides.with(at, stride * step);
  const back = (g: Tensor): Tensor => {
    const apart = step === 1 ? g : spread(g, at, step);
    return pad(
      apart,
      x.shape.map((_, index) => (index === at ? [first, size - first - (apart.shape[at] as number)] : [0, 0])),
    );
  };
  return viewed(x, shape, strides, x.offset + first * stride, back) as unknown as Tensor<Rank>;
}

/** With `step − 1` zeros after each element of an axis but the last. */
function spread(x: Tensor, axis: number, step: number): Tensor {
  const size = x.shape[axis] as number;
  const apart = expandDims(x, axis + 1);
  const padded = pad(
    apart,
    apart.shape.map((_, index) => [0, index === axis + 1 ? step - 1 : 0]),
  );
  return slice(reshape(padded, x.shape.with(axis, size * step)), axis, { end: Math.max(0, (size - 1) * step + 1) });
}

/** Cut along an axis into parts of equal size, or of the sizes given. Views. @throws TensorError when the sizes don't add up to the axis'. */
export function split<Rank extends number>(x: Tensor<Rank>, parts: number | readonly number[], axis = -1): Tensor<Rank>[] {
  const at = frontAxis("split", axis, x.rank);
  const size = x.shape[at] as number;
  const sizes = typeof parts === "number" ? new Array<number>(parts).fill(size / parts) : parts;
  const total = sizes.reduce((sum, part) => sum + part, 0);
  if (total !== size || sizes.some((part) => !Number.isInteger(part) || part < 0))
    throw new TensorError(
      `split: expected parts that add up to ${size} on axis ${axis}, got ${typeof parts === "number" ? `${parts} equal parts` : `[${parts.join(", ")}]`}`,
    );
  let offset = x.offset;
  const cut = sizes.map((part) => {
    const view = new Tensor<Rank>(x.storage, x.dtype, x.shape.with(at, part), x.strides, offset);
    offset += part * (x.strides[at] as number);
    return view;
  });
  // one op for all parts: their cotangents are joined, where slices would pad each to the full size
  const join: Node["pull"] = (flows) => [
    concat(
      flows.map((g, index) => g ?? zerosLike(cut[index] as Tensor)),
      at,
    ),
  ];
  record({ inputs: [x], outputs: cut, pull: join, outputsUnread: true });
  return cut;
}

/** The order of some axes turned round. A view. */
export function flip<Rank extends number>(x: Tensor<Rank>, axes: number | readonly number[]): Tensor<Rank> {
  const turned = (typeof axes === "number" ? [axes] : axes).map((axis) => frontAxis("flip", axis, x.rank));
  const strides = x.strides.map((stride, axis) => (turned.includes(axis) ? -stride : stride));
  const offset = turned.reduce((at, axis) => at + Math.max(0, (x.shape[axis] as number) - 1) * (x.strides[axis] as number), x.offset);
  return viewed(x, x.shape as readonly number[], strides, offset, (g) => flip(g, turned)) as unknown as Tensor<Rank>;
}
