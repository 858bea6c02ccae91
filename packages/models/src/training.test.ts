// One training step of each of the four kinds of transformer: the devices agree, and nothing is left in memory.
import type { Device } from "@ashlar/backend";
import { causal, or, padding, prefix } from "@ashlar/mask";
import { type AnyModule, bind, fresh, init } from "@ashlar/nn";
import { crossEntropy, paths, type Tensor } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { adamW, chain, clipByNorm, type Pass, train } from "@ashlar/train";
import { describe, expect, test } from "vitest";
import { bertMaskedLanguageModel, gpt2LanguageModel, llamaLanguageModel, t5EncoderDecoder } from "./index.ts";
import { devices, ids, type Table } from "./testing/golden-model.ts";

const vocab = 48;
const gpt2 = gpt2LanguageModel({ vocab_size: vocab, n_positions: 16, n_embd: 24, n_layer: 2, n_head: 3 });
const llama = llamaLanguageModel({
  vocab_size: vocab,
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
});
const bert = bertMaskedLanguageModel({
  vocab_size: vocab,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 40,
  max_position_embeddings: 16,
});
const t5 = t5EncoderDecoder({ vocab_size: vocab, d_model: 24, d_kv: 10, d_ff: 40, num_layers: 2, num_heads: 3, feed_forward_proj: "gated-gelu" });

const table = (rows: number, time: number): Table =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: time }, (_, at) => (row * 31 + at * at * 7 + 5) % vocab));
const inputs = table(3, 9);
const next = inputs.map((row) => [...row.slice(1), -100]);
const answers = next.map((row, index) => row.map((id, at) => (at < 2 + index ? -100 : id)));
const holes = inputs.map((row) => row.map((id, at) => (at % 4 === 1 ? id : -100)));
const sources = table(3, 7);

interface Kind {
  readonly model: AnyModule<never, unknown>;
  loss(params: unknown, device: Device, pass: Pass): Tensor;
}

const counted = (logits: Tensor, targets: Table) => crossEntropy(logits, ids(targets, logits.device as Device), { ignore: -100 });
const kinds: Readonly<Record<string, Kind>> = {
  "decoder-only": {
    model: gpt2.model,
    loss: (params, device, pass) => counted(bind(gpt2.model, params as never)(ids(inputs, device), { ...pass, mask: causal }), next),
  },
  prefix: {
    model: llama.model,
    loss: (params, device, pass) => counted(bind(llama.model, params as never)(ids(inputs, device), { ...pass, mask: or(causal, prefix([3, 4, 5])) }), answers),
  },
  encoder: {
    model: bert.model,
    loss: (params, device, pass) => counted(bind(bert.model, params as never)(ids(inputs, device), { ...pass, mask: padding([9, 6, 8]) }), holes),
  },
  "encoder-decoder": {
    model: t5.model,
    loss: (params, device, pass) =>
      counted(bind(t5.model, params as never)(ids(sources, device), ids(inputs, device), { ...pass, sourceMask: padding([7, 3, 5]) }), next),
  },
};

// dropout is on: 0.1 is what the families have unless said
const run = ({ model, loss }: Kind, device: Device, steps: number) => {
  const params = init(model, fresh(5, { device }));
  return train({
    params: params as Record<string, unknown>,
    donate: true,
    // with Adam's usual epsilon a gradient that is zero but for rounding (a key's bias) would move by a whole step
    optimizer: chain(clipByNorm(1), adamW({ rate: 0.01, epsilon: 1e-3 })),
    batches: Array.from({ length: steps }, (_, index) => index),
    loss: (params, _, pass) => loss(params, device, pass),
  });
};

describe.each(Object.entries(kinds))("%s", (_, kind) => {
  test("reference and WASM agree on one step: the loss and every new parameter", async () => {
    const results = await Promise.all(
      devices.map(async ([, make]) => {
        await using device = await make();
        for await (const step of run(kind, device, 1)) {
          const params = await Promise.all(paths(step.params).map(async ([path, tensor]) => [path, await tensor.data()] as const));
          return { loss: await step.loss(), params: new Map(params) };
        }
        throw new Error("no step was made");
      }),
    );
    const [plain, fast] = results as [(typeof results)[0], (typeof results)[0]];
    // float32 sums in another order; a new parameter is off by at most rate / epsilon = 10 times its gradient's error
    toClose([fast.loss], [plain.loss], { rtol: 1e-6, atol: 0 }, "loss");
    for (const [path, data] of fast.params) toClose(data, plain.params.get(path), { rtol: 1e-5, atol: 2e-6 }, path);
  });

  test.each(devices)("a step on %s leaves nothing behind", async (_, make) => {
    await using device = await make();
    const live: number[] = [];
    for await (const _ of run(kind, device, 4)) live.push(device.memory().live);
    expect(live).toHaveLength(4);
    expect(new Set(live).size, `bytes in use after each step: ${live}`).toBe(1);
  });
});
