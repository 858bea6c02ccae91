import { elementCount } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { diagonal } from "./diagonal.ts";
import { type Equation, readEquation } from "./einsum-equation.ts";
import { mul } from "./instructions.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { broadcastTo, permute, reshape } from "./views.ts";

/** A tensor with a label for each axis. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein's sum: each letter is an axis; those that the result lacks are multiplied along and summed, e.g. `"bqd,bkd->bqk"`. A letter twice
 * in one operand is its diagonal; `...` stands for leading axes, which broadcast. Products of two operands are matrix products; more than
 * two are taken from left to right.
 *
 * @throws TensorError when the equation can't be read or an axis has two sizes.
 *
 * @example
 * ```ts
 * import { einsum, type Tensor } from "@ashlar/tensor";
 * const scores = (query: Tensor, key: Tensor) => einsum("bqhd,bkhd->bhqk", query, key);
 * ```
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const read = readEquation(
    equation,
    operands.map(({ rank }) => rank),
  );
  const sizes = sizesOf(equation, read, operands);
  const [first, ...rest] = operands.map((x, index) => distinct({ x, labels: read.operands[index] as readonly string[] }, sizes));
  const last = rest.reduce((left, right, index) => {
    const later = new Set([...read.result, ...rest.slice(index + 1).flatMap(({ labels }) => labels)]);
    return contract(left, right, later, sizes);
  }, first as Labelled);
  return inOrder(summed(last, new Set(read.result)), read.result);
}

/** The size of each axis; sizes of 1 under `...` give way to others. */
function sizesOf(equation: string, { operands: labels }: Equation, operands: readonly Tensor[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [index, { shape }] of operands.entries())
    for (const [axis, label] of (labels[index] as readonly string[]).entries()) {
      const [size, before] = [shape[axis] as number, sizes.get(label)];
      const broadcasts = label.startsWith(".") && (size === 1 || before === 1);
      if (before !== undefined && before !== size && !broadcasts)
        throw new TensorError(`einsum: "${equation}": axis ${label} is ${before} and then ${size}, in operand ${index} [${shape.join(", ")}]`);
      sizes.set(label, before === undefined || before === 1 ? size : before);
    }
  return sizes;
}

/** Each label once (a repeated one is a diagonal) and each axis of full size. */
function distinct({ x, labels }: Labelled, sizes: ReadonlyMap<string, number>): Labelled {
  const again = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (again >= 0) return distinct({ x: diagonal(x, labels.indexOf(labels[again] as string), again), labels: labels.toSpliced(again, 1) }, sizes);
  const shape = labels.map((label) => sizes.get(label) as number);
  return { x: x.shape.every((size, axis) => size === shape[axis]) ? x : broadcastTo(x, shape), labels };
}

/** Summed over the axes that nobody needs. */
function summed({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const over = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  return over.length === 0 ? { x, labels } : { x: sum(x, over), labels: labels.filter((label) => needed.has(label)) };
}

function inOrder({ x, labels }: Labelled, wanted: readonly string[]): Tensor {
  return permute(
    x,
    wanted.map((label) => labels.indexOf(label)),
  );
}

/** The product of two operands, summed over the axes that both have and nobody needs later. */
function contract(left: Labelled, right: Labelled, later: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Labelled {
  const a = summed(left, new Set([...later, ...right.labels]));
  const b = summed(right, new Set([...later, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const inner = shared.filter((label) => !later.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const shape = (of: readonly string[]): number[] => of.map((label) => sizes.get(label) as number);
  if (inner.length === 0) {
    const x = reshape(inOrder(a, [...batch, ...rows]), [...shape(batch), ...shape(rows), ...columns.map(() => 1)]);
    const y = reshape(inOrder(b, [...batch, ...columns]), [...shape(batch), ...rows.map(() => 1), ...shape(columns)]);
    return { x: mul(x, y), labels };
  }
  const [m, k, n] = [rows, inner, columns].map((of) => elementCount(shape(of))) as [number, number, number];
  const x = reshape(inOrder(a, [...batch, ...rows, ...inner]), [...shape(batch), m, k]);
  const y = reshape(inOrder(b, [...batch, ...inner, ...columns]), [...shape(batch), k, n]);
  return { x: reshape(matmul(x, y), shape(labels)), labels };
}
