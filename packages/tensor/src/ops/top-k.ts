import { TensorError } from "../core/errors.ts";
import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Binary, elementwise } from "../program/elementwise.ts";
import { frontAxis } from "./axes.ts";
import { concat } from "./copy.ts";
import { range } from "./create.ts";
import { gather, scatterAdd } from "./gather.ts";
import { equal, greaterEqual, logicalAnd, neg, notEqual, toInt32, where } from "./instructions.ts";
import { argmax } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";
import { broadcastTo, transpose } from "./views.ts";

/** The k largest or smallest and where they were. */
export interface Ranked {
  /** The elements, most extreme first. */
  readonly values: Tensor;
  /** Their int32 indices along the axis. */
  readonly indices: Tensor;
}

/** Along which axis, and which end. */
export interface TopKOptions {
  /** The axis, the last unless said. */
  readonly axis?: number;
  /** Whether the largest are wanted (so unless said) or the smallest. */
  readonly largest?: boolean;
}

const keepAxes = { keepAxes: true };
const turned: Binary = elementwise("turned", (x, lowest) => where(equal(x, x), neg(x), lowest));

const lastAxis = op<[x: Tensor], { readonly k: number }, "topK">("topK", {
  compose: ([x], { k }) => {
    const lowest = x.dtype === "int32" ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
    const places = range(0, x.shape.at(-1) as number, x);
    let left: Tensor = broadcastTo(greaterEqual(places, 0), x.shape);
    const picks: Tensor[] = [];
    for (let rank = 0; rank < k; rank++) {
      const best = argmax(where(left, x, lowest), -1, keepAxes);
      // where nothing above the lowest is left, the best may be one that was taken: then the first that was not
      const pick: Tensor = where(gather(left, best), best, argmax(toInt32(left), -1, keepAxes));
      picks.push(pick);
      left = logicalAnd(left, notEqual(places, pick));
    }
    const indices = concat(picks);
    return [gather(x, indices), indices];
  },
  kernel: {
    name: "topK",
    call: ([x], settings) => {
      const shape = [...x.shape.slice(0, -1), settings.k];
      const outputs = [
        { shape, dtype: x.dtype },
        { shape, dtype: "int32" },
      ] as const;
      return { settings, operands: [x], outputs };
    },
  },
  vjp: ({ cotangents: [g], inputs: [x], outputs }) => [g ? scatterAdd(g, outputs[1] as Tensor, x.shape.at(-1) as number) : null],
});

function highest(x: Tensor, k: number): Ranked {
  const [values, indices] = lastAxis([x], { k }) as [Tensor, Tensor];
  return { values, indices };
}

/** The highest of −x, in which NaN comes last with −∞. */
function lowest(x: Tensor, k: number): Ranked {
  const { indices } = highest(x.dtype === "float32" ? turned(stopGradient(x), Number.NEGATIVE_INFINITY) : neg(x), k);
  return { values: gather(x, indices), indices };
}

/**
 * The k largest (or smallest) along an axis, most extreme first, ties by lower index. NaN counts as larger than every number, and
 * among the smallest as ∞.
 *
 * @throws TensorError when the axis has fewer than k.
 */
export function topK(x: Tensor, k: number, { axis = -1, largest = true }: TopKOptions = {}): Ranked {
  const at = frontAxis("topK", axis, x.rank);
  if (!Number.isInteger(k) || k < 1 || k > (x.shape[at] as number)) throw new TensorError(`topK: expected k from 1 to ${x.shape[at]}, got ${k}`);
  const last = at === x.rank - 1 ? x : transpose(x, at, -1);
  const { values, indices } = largest ? highest(last, k) : lowest(last, k);
  const back = (y: Tensor): Tensor => (at === x.rank - 1 ? y : transpose(y, at, -1));
  return { values: back(values), indices: back(indices) };
}
