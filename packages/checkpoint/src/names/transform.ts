import { permute, reshape, type Tensor, transpose } from "@ashlar/tensor";
import { CheckpointError, shown } from "../errors.ts";

/** How a tensor of a checkpoint becomes one of the tree, and back. `write(read(x))` is x. */
export interface Transform {
  /** What it does, for messages: `"transposed"`. */
  readonly name: string;
  /** From the checkpoint to the tree. */
  read(stored: Tensor): Tensor;
  /** From the tree to the checkpoint. */
  write(tensor: Tensor): Tensor;
}

/** The last two axes exchanged: matrices that lie `[in, out]` in the checkpoint, as GPT-2's do. */
export const transposed: Transform = { name: "transposed", read: (x) => transpose(x), write: (x) => transpose(x) };

/**
 * Another shape for the same elements: `reshaped({ stored: [1, -1], tree: [-1] })`. One size of each may be −1 and is worked out.
 */
export function reshaped({ stored, tree }: ReshapedOptions): Transform {
  return { name: `reshaped to ${shown(tree)}`, read: (x) => reshape(x, tree), write: (x) => reshape(x, stored) };
}

/** The two shapes of `reshaped`. */
export interface ReshapedOptions {
  /** The shape in the checkpoint. */
  readonly stored: readonly number[];
  /** The shape in the tree. */
  readonly tree: readonly number[];
}

/**
 * Rows in another order: one axis is seen as several (`sizes`, one of which may be −1), and these are put in the order `order`.
 *
 * @example
 * ```ts
 * import { regrouped } from "@ashlar/checkpoint";
 * const heads = 12;
 * const byHead = regrouped({ sizes: [heads, 3, -1], order: [1, 0, 2] }); // GPT-NeoX: q, k and v of each head → all q, all k, all v
 * const halves = regrouped({ sizes: [heads, -1, 2], order: [0, 2, 1] }); // rotary pairs side by side → first and second halves
 * ```
 *
 * @throws CheckpointError when `order` does not name each of the sizes once.
 */
export function regrouped({ axis = 0, sizes, order }: RegroupedOptions): Transform {
  if (order.length !== sizes.length || order.toSorted((a, b) => a - b).some((place, index) => place !== index))
    throw new CheckpointError(`regrouped: expected an order of the ${sizes.length} sizes ${shown(sizes)}, got ${shown(order)}`);
  const back = order.map((_, place) => order.indexOf(place));
  const turned = order.map((place) => sizes[place] as number);
  return { name: `regrouped ${shown(sizes)}`, read: (x) => regroup(x, axis, sizes, order), write: (x) => regroup(x, axis, turned, back) };
}

/** How `regrouped` sees an axis. */
export interface RegroupedOptions {
  /** Which axis of the tensor; the first unless said. */
  readonly axis?: number;
  /** The sizes of the axes that it is seen as, in the checkpoint's order. */
  readonly sizes: readonly number[];
  /** Those axes in the tree's order: axis i of the result is axis `order[i]`. */
  readonly order: readonly number[];
}

function regroup(x: Tensor, axis: number, sizes: readonly number[], order: readonly number[]): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  const [before, after] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
  const places = [...before.map((_, index) => index), ...order.map((place) => at + place), ...after.map((_, index) => at + sizes.length + index)];
  return reshape(permute(reshape(x, [...before, ...sizes, ...after]), places), x.shape);
}

/** Several transforms, one after the other as they are read. */
export function inOrder(...steps: readonly Transform[]): Transform {
  return {
    name: steps.map(({ name }) => name).join(", then "),
    read: (x) => steps.reduce((tensor, step) => step.read(tensor), x),
    write: (x) => steps.reduceRight((tensor, step) => step.write(tensor), x),
  };
}
