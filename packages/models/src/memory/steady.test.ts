// A training step allocates nothing that the last one did not.
import { wasm } from "@ashlar/backend-wasm";
import { causal } from "@ashlar/mask";
import { bind, fresh, init } from "@ashlar/nn";
import { crossEntropy, fromData } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { expect, test } from "vitest";
import { gpt2LanguageModel, t5EncoderDecoder, withCheckpoints } from "../index.ts";

const gpt2 = gpt2LanguageModel({ vocab_size: 96, n_positions: 32, n_embd: 32, n_layer: 2, n_head: 2, embd_pdrop: 0.1, resid_pdrop: 0.1 }).model;
const t5 = t5EncoderDecoder({ vocab_size: 96, d_model: 24, d_kv: 8, d_ff: 48, num_layers: 2, num_heads: 3 }).model;

test.each([
  ["a decoder with dropout", "one", gpt2, 1],
  ["three batches a step", "one", gpt2, 3],
  ["checkpointed blocks", "one", withCheckpoints(gpt2), 1],
  ["an encoder-decoder", "two", t5, 1],
] as const)("%s: peak, buffers and linear memory are those of the step before", async (_, stacks, model, accumulate) => {
  await using device = await wasm({ threads: 1, memory: { initial: 0 } });
  const ids = (value: number) => fromData(new Int32Array(4 * 24).fill(value), [4, 24], { device });
  const run = train({
    params: init(model as typeof gpt2, fresh(0, { device })),
    optimizer: chain(clipByNorm(1), adamW({ rate: 1e-3 })),
    batches: Array.from({ length: 12 * accumulate }, (_, index) => index),
    accumulate,
    checkEvery: 1,
    loss: (params, index, { random }) => {
      const logits =
        stacks === "two"
          ? bind(t5, params as never)(ids(index), ids(index), { random })
          : bind(model as typeof gpt2, params)(ids(index), { mask: causal, random });
      return crossEntropy(logits, ids(index + 1));
    },
  });
  const steps: unknown[] = [];
  for await (const _step of run) {
    const { live, peak, buffers, reserved } = device.memory();
    steps.push({ live, peak, buffers, reserved });
    device.resetPeak();
  }
  expect(steps).toHaveLength(12);
  // the optimizer's memory is whole after the first step, and what it gave up is used again from the second on
  for (const step of steps.slice(2)) expect(step).toEqual(steps[1]);
});
