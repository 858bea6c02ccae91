import {
  add,
  div,
  type Elementwise,
  type Expression,
  elementwise,
  matmul,
  maximum,
  mul,
  type SumOf,
  sqrt,
  sub,
  sumOf,
  type Tensor,
  type Ternary,
  transpose,
  zerosLike,
} from "@ashlar/tensor";
import { atLeast, belowOne, onlyKnown } from "../check.ts";
import { TrainError } from "../errors.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import type { Momentum } from "./lion.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** How much longer a step is for a matrix of a shape. */
export type MuonScale = (rows: number, columns: number) => number;

/** `√max(1, rows / columns)`, Jordan 2024: tall matrices step further. */
export const spectralScale: MuonScale = (rows, columns) => Math.sqrt(Math.max(1, rows / columns));

/** `0.2·√max(rows, columns)`, Liu et al. 2025, [arXiv 2502.16982](https://arxiv.org/abs/2502.16982): steps as large as AdamW's, so that its rates can be used. */
export const adamScale: MuonScale = (rows, columns) => 0.2 * Math.sqrt(Math.max(rows, columns));

/** How Muon steps. */
export interface MuonOptions {
  /** The learning rate: a number, or a schedule. */
  readonly rate: number | Schedule;
  /** How slowly the momentum moves. Default: 0.95. */
  readonly momentum?: number;
  /** Looks ahead along the momentum. Default: true. */
  readonly nesterov?: boolean;
  /** The decoupled weight decay. Default: 0.1. */
  readonly decay?: number;
  /** How step lengths depend on the shape. Default: `spectralScale`. */
  readonly scale?: MuonScale;
  /** How often Newton and Schulz's polynomial is applied. Default: 5. */
  readonly iterations?: number;
}

type E = Expression;
const sumOfSquares: SumOf = sumOf("sum of squares", 1, (x) => mul(x, x));
const normalised: Ternary = elementwise("muon normalised", (x, squares, epsilon) => div(x, maximum(sqrt(squares), epsilon)));
const lerp: Ternary = elementwise("muon lerp", (from, to, share) => add(from, mul(share, sub(to, from))));
const combined: Elementwise<[x: E, y: E, a: E, b: E]> = elementwise("muon combined", (x, y, a, b) => add(mul(a, x), mul(b, y)));
const moved: Elementwise<[p: E, direction: E, keep: E, length: E]> = elementwise("muon", (p, direction, keep, length) =>
  sub(mul(p, keep), mul(length, direction)),
);

/**
 * A matrix with the singular vectors of another and singular values near 1 (0.7 … 1.2), by the quintic polynomial
 * `x ← 3.4445·x + (−4.775·a + 2.0315·a²)·x` with `a = x·xᵀ`, Jordan 2024. In float32; PyTorch runs it in bfloat16.
 *
 * @throws TrainError unless it is given a matrix.
 */
export function newtonSchulz(matrix: Tensor, iterations = 5): Tensor {
  if (matrix.rank !== 2) throw new TrainError(`newtonSchulz: expected a matrix, got [${matrix.shape.join(", ")}]`);
  const [rows, columns] = matrix.shape as readonly [number, number];
  const tall = rows > columns;
  let x = normalised(tall ? transpose(matrix) : matrix, sumOfSquares([matrix]), 1e-7);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const a = matmul(x, transpose(x));
    x = add(mul(3.4445, x), matmul(combined(a, matmul(a, a), -4.775, 2.0315), x));
  }
  return tall ? transpose(x) : x;
}

/**
 * Muon, Jordan 2024 ([kellerjordan.github.io/posts/muon](https://kellerjordan.github.io/posts/muon/)): momentum whose singular values are all
 * brought near 1 before the step. It serves matrices; give embeddings, heads, norms and biases to another optimizer with `partition`.
 *
 * @throws TrainError for a setting out of its range, or a parameter that is no matrix.
 */
export function muon(options: MuonOptions): Optimizer<SlotsByPath<Momentum>> {
  onlyKnown("muon", options, ["rate", "momentum", "nesterov", "decay", "scale", "iterations"]);
  const { rate, momentum = 0.95, nesterov = true, decay = 0.1, scale = spectralScale, iterations = 5 } = options;
  belowOne("muon", "momentum", momentum);
  atLeast("muon", "decay", decay);
  const rateAt = toSchedule("muon", rate);
  return perParameter<Momentum>({
    name: "muon",
    init(parameter, path) {
      if (parameter.rank !== 2)
        throw new TrainError(`muon: expected matrices, got [${parameter.shape.join(", ")}] at "${path}"; give it to another optimizer with partition`);
      return { momentum: zerosLike(parameter) };
    },
    update(parameter, gradient, { momentum: before }, { step }) {
      const [rows, columns] = parameter.shape as readonly [number, number];
      const mean = lerp(before, gradient, 1 - momentum);
      const direction = newtonSchulz(nesterov ? lerp(gradient, mean, momentum) : mean, iterations);
      const now = rateAt(step);
      return [moved(parameter, direction, 1 - now * decay, now * scale(rows, columns)), { momentum: mean }];
    },
    rate: rateAt,
  });
}
