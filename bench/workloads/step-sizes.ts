import { ids, weights } from "../common/weights.ts";

/** The sizes of a GPT that is trained, and of its batch. */
export interface StepSizes {
  readonly blocks: number;
  readonly heads: number;
  readonly dim: number;
  readonly time: number;
  readonly vocab: number;
  readonly batch: number;
}

/** Both GPTs: pre-norm, learned positions, tanh GELU, biases everywhere, the embeddings as the last product. */
export const sizes: Readonly<Record<string, StepSizes>> = {
  small: { blocks: 4, heads: 4, dim: 128, time: 64, vocab: 96, batch: 12 },
  "10M": { blocks: 6, heads: 6, dim: 384, time: 256, vocab: 96, batch: 4 },
};

/** How all step: AdamW over every parameter, decay on all of them. */
export const optimizer = { rate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1 } as const;

/** The first losses say whether all compute the same: the forward pass, the gradients, the step. */
export const compared = 3;

/** The batch, the same at every step. */
export function batchOf({ batch, time, vocab }: StepSizes): { readonly inputs: Int32Array; readonly targets: Int32Array } {
  const all = ids(batch * (time + 1), vocab);
  const rows = (by: number) => Int32Array.from({ length: batch * time }, (_, i) => all[Math.floor(i / time) * (time + 1) + (i % time) + by]!);
  return { inputs: rows(0), targets: rows(1) };
}

/** A parameter by its path in Ashlar's tree, in PyTorch's layout: weights are [output, input]. */
export const parameter = (path: string, shape: readonly number[]): Float32Array =>
  weights(
    path,
    shape.reduce((a, b) => a * b, 1),
  );
