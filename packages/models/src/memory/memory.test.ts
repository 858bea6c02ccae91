// What describe says before is what a device measures: real training steps and forward passes, on both devices.
import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { causal } from "@ashlar/mask";
import { type AnyModule, bind, fresh, init } from "@ashlar/nn";
import { add, crossEntropy, fromData, paths, random, scoped, type Tensor, valueAndGrad } from "@ashlar/tensor";
import { adafactor, adamW, chain, clipByNorm, type Optimizer, sgd, train } from "@ashlar/train";
import { expect, describe as suite, test } from "vitest";
import {
  type AnyModel,
  bertMaskedLanguageModel,
  bertSequenceClassifier,
  bertSpanClassifier,
  checkMemory,
  describe,
  gpt2LanguageModel,
  llamaLanguageModel,
  type RunSizes,
  type SpanLogits,
  t5EncoderDecoder,
  withCheckpoints,
} from "../index.ts";

const vocab = 96;
const gpt2 = gpt2LanguageModel({ vocab_size: vocab, n_positions: 64, n_embd: 48, n_layer: 3, n_head: 4 }).model;
const wide = gpt2LanguageModel({ vocab_size: 2000, n_positions: 64, n_embd: 32, n_layer: 1, n_head: 2 }).model;
const dropping = gpt2LanguageModel({ vocab_size: vocab, n_positions: 64, n_embd: 32, n_layer: 2, n_head: 2, embd_pdrop: 0.1, resid_pdrop: 0.1 }).model;
const grouped = { num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, intermediate_size: 96 };
const llama = llamaLanguageModel({ vocab_size: vocab, hidden_size: 32, ...grouped }).model;
const encoder = { vocab_size: vocab, hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64, max_position_embeddings: 64 };
const bert = bertMaskedLanguageModel(encoder).model;
const classifier = bertSequenceClassifier({ ...encoder, num_labels: 3 }).model;
const spans = bertSpanClassifier(encoder).model;
const t5 = t5EncoderDecoder({ vocab_size: vocab, d_model: 32, d_kv: 8, d_ff: 64, num_layers: 2, num_heads: 4, feed_forward_proj: "gated-gelu" }).model;

const rate = 1e-3;
const cases: Readonly<Record<string, readonly [model: AnyModel, sizes: RunSizes & { readonly optimizer: Optimizer }]>> = {
  "a decoder, AdamW": [gpt2, { batch: 4, time: 32, optimizer: adamW({ rate }) }],
  "a decoder, one short row: the parameters are the most of it": [gpt2, { batch: 1, time: 2, optimizer: adamW({ rate }) }],
  "a decoder, clipped": [gpt2, { batch: 2, time: 24, optimizer: chain(clipByNorm(1), adamW({ rate })) }],
  "a wide vocabulary: the logits are the most of it": [wide, { batch: 8, time: 32, optimizer: sgd({ rate }) }],
  "three batches a step": [gpt2, { batch: 2, time: 16, accumulate: 3, optimizer: adamW({ rate }) }],
  "dropout, Adafactor": [dropping, { batch: 3, time: 20, optimizer: adafactor({ rate }) }],
  "grouped heads, gated layers, rotary positions": [llama, { batch: 5, time: 17, optimizer: adamW({ rate }) }],
  "an encoder": [bert, { batch: 4, time: 24, optimizer: adamW({ rate }) }],
  "a classifier": [classifier, { batch: 4, time: 24, optimizer: adamW({ rate }) }],
  "a span classifier": [spans, { batch: 4, time: 24, optimizer: adamW({ rate }) }],
  "a decoder, its blocks checkpointed": [withCheckpoints(gpt2), { batch: 4, time: 32, optimizer: adamW({ rate }) }],
  "an encoder-decoder, its blocks checkpointed": [withCheckpoints(t5), { batch: 3, time: 16, source: 40, optimizer: adamW({ rate }) }],
  "an encoder-decoder": [t5, { batch: 3, time: 16, source: 40, optimizer: adamW({ rate }) }],
};

const devices: Readonly<Record<string, () => Promise<Device>>> = { wasm: () => wasm({ threads: 1 }), reference: async () => reference() };
/** The reference device is slow: it has those that are small. */
const onReference = ["one short row", "three batches", "dropout", "a classifier"];

const ids = (rows: number, time: number, device: Device): Tensor<2> => fromData(new Int32Array(rows * time).fill(7), [rows, time], { device });

/** Runs a model on tokens that are really there, uploaded as a loss does it. */
function output(model: AnyModel, params: unknown, { batch, time, source = time }: RunSizes, device: Device, random?: object): Tensor | SpanLogits {
  const run = bind(model as AnyModule<unknown[], Tensor | SpanLogits>, params as never);
  return "encode" in model
    ? run(ids(batch, source, device), ids(batch, time, device), { ...random })
    : run(ids(batch, time, device), { mask: causal, ...random });
}

function loss(given: Tensor | SpanLogits): Tensor {
  if ("start" in given) return add(loss(given.start), loss(given.end));
  const shape = given.shape.slice(0, -1);
  return crossEntropy(given, fromData(new Int32Array(shape.reduce((count, size) => count * size, 1)), shape, { device: given.device }));
}

/** The peaks of a forward pass and of the third training step. */
async function measured(model: AnyModel, sizes: RunSizes & { readonly optimizer: Optimizer }, device: Device) {
  const params: unknown = init(model as AnyModule<never, unknown>, fresh(0, { device }));
  let [forward, step] = [0, 0];
  const batches = {
    *[Symbol.iterator]() {
      while (true) yield sizes;
    },
  };
  const run = train({
    params,
    donate: true,
    optimizer: sizes.optimizer,
    batches,
    steps: 3,
    accumulate: sizes.accumulate ?? 1,
    loss: (current: unknown, batch, pass) => loss(output(model, current, batch, device, pass)),
  });
  for await (const made of run) {
    step = device.memory().peak;
    device.resetPeak();
    // a fresh bias of zeros takes the memory of one number until it was trained
    if (made.index === 1) {
      // the optimizer's memory is there as well
      const beside = device.memory().live - describe(model).count * 4;
      scoped(() => void output(model, made.params, sizes, device));
      forward = device.memory().peak - beside;
      device.resetPeak();
    }
  }
  return { forward, step };
}

suite("describe with sizes", () => {
  for (const [name, [model, sizes]] of Object.entries(cases))
    test(`states what is measured within a tenth: ${name}`, async () => {
      const { run } = describe(model, sizes);
      for (const [kind, make] of Object.entries(devices)) {
        if (kind === "reference" && !onReference.some((beginning) => name.includes(beginning))) continue;
        await using device = await make();
        const { forward, step } = await measured(model, sizes, device);
        expect(Math.abs(run.forward / forward - 1), `forward on ${kind}: said ${run.forward}, measured ${forward}`).toBeLessThan(0.1);
        expect(Math.abs(run.step / step - 1), `step on ${kind}: said ${run.step}, measured ${step}`).toBeLessThan(0.1);
      }
    });

  test("a step is at its fullest at most four times the parameters and the activations", () => {
    const optimizer = adamW({ rate });
    const gpt2 = (n_embd: number, n_layer: number, n_head: number, n_positions: number) =>
      gpt2LanguageModel({ vocab_size: 96, n_positions, n_embd, n_layer, n_head }).model;
    const gpt2Small = gpt2LanguageModel({ vocab_size: 50_257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 }).model;
    const large: Readonly<Record<string, readonly [AnyModel, RunSizes]>> = {
      "the small GPT of the bench": [gpt2(128, 4, 4, 64), { batch: 12, time: 64 }],
      "the GPT of ten million parameters": [gpt2(384, 6, 6, 256), { batch: 4, time: 256 }],
      // the gradient of the shared table is the last thing, and made once; the gradient of the logits is written over them
      "GPT-2 small, one short row": [gpt2Small, { batch: 1, time: 128 }],
      "GPT-2 small, long rows over a large vocabulary": [gpt2Small, { batch: 8, time: 1024 }],
      "BERT base": [
        bertMaskedLanguageModel({
          vocab_size: 30_522,
          hidden_size: 768,
          num_hidden_layers: 12,
          num_attention_heads: 12,
          intermediate_size: 3072,
          max_position_embeddings: 512,
        }).model,
        { batch: 8, time: 128 },
      ],
      "T5 small": [
        t5EncoderDecoder({ vocab_size: 32_128, d_model: 512, d_kv: 64, d_ff: 2048, num_layers: 6, num_heads: 8 }).model,
        { batch: 4, time: 32, source: 64 },
      ],
      "SmolLM2 135M": [
        llamaLanguageModel({
          vocab_size: 49_152,
          hidden_size: 576,
          intermediate_size: 1536,
          num_hidden_layers: 30,
          num_attention_heads: 9,
          num_key_value_heads: 3,
        }).model,
        { batch: 4, time: 256 },
      ],
    };
    for (const [name, [model, sizes]] of Object.entries(large)) {
      const { step, parameters, gradients, optimizer: remembered, activations } = describe(model, { ...sizes, optimizer }).run;
      expect([gradients, remembered], name).toEqual([parameters, 2 * parameters]);
      expect(step, name).toBeLessThanOrEqual(4 * parameters + activations);
    }
  });

  test("a model beyond any memory is described, with its table", () => {
    const huge = gpt2LanguageModel({ vocab_size: 50_257, n_positions: 2048, n_embd: 12_288, n_layer: 4, n_head: 96 }).model;
    const table = String(describe(huge, { batch: 1, time: 2048 }))
      .split("\n")
      .slice(-7)
      .join("\n");
    // what layers keep may become less; the parameters are what they are
    expect(table.replace(/(activations|peak of memory|operations).*/g, "$1 …")).toMatchInlineSnapshot(`
      "1 × 2048 positions   forward  training step
      parameters           31.6 GB        31.6 GB
      gradients                           31.6 GB
      optimizer                           63.1 GB
      kept activations …
      peak of memory …
      operations …"
    `);
    expect(table).toMatch(/kept activations +\d+\.\d GB\npeak of memory +\d+\.\d GB +1\d\d\.\d GB\noperations +3\.30e\+13 +9\.\d\de\+13$/);
  });

  test("a size that is none is said", () => {
    expect(() => describe(gpt2, { batch: 0, time: 8 })).toThrowErrorMatchingInlineSnapshot(
      `[ModelsError: describe: expected batch to be a whole number of at least 1, got 0]`,
    );
    expect(() => describe(gpt2, { batch: 1, time: 1.5 })).toThrowErrorMatchingInlineSnapshot(
      `[ModelsError: describe: expected time to be a whole number of at least 1, got 1.5]`,
    );
  });
});

suite("withCheckpoints", () => {
  test("keeps parameters and names, in every half, and takes less", () => {
    for (const [model, sizes] of [
      [gpt2, { batch: 4, time: 32 }],
      [bert, { batch: 4, time: 32 }],
      [t5, { batch: 4, time: 16, source: 40 }],
    ] as const) {
      const wrapped = withCheckpoints(model);
      const [plain, again] = [model, wrapped].map((one) => describe(one, sizes));
      expect(again!.parameters).toEqual(plain!.parameters);
      expect(again!.run.activations).toBeLessThan(0.5 * plain!.run.activations);
      expect(again!.run.step).toBeLessThan(plain!.run.step);
      for (const half of ["read", "score", "encode", "write"] as const)
        if (half in model) expect(describe((wrapped as never)[half])).toMatchObject({ parameters: plain!.parameters });
    }
  });

  test("its gradients are those of the model as it is", async () => {
    await using device = await wasm({ threads: 1 });
    const sizes = { batch: 2, time: 8 };
    const params = init(dropping, fresh(0, { device }));
    const found = [dropping, withCheckpoints(dropping)].map((model) =>
      valueAndGrad(params, (current) => loss(output(model, current, sizes, device, { random: random(3) }))),
    );
    const [plain, again] = found.map(({ gradients }) => paths(gradients));
    expect(again!.map(([path]) => path)).toEqual(plain!.map(([path]) => path));
    for (const [index, [path, gradient]] of plain!.entries()) expect(await again![index]![1].data(), path).toEqual(await gradient.data());
  });
});

suite("checkMemory", () => {
  const MB = 10 ** 6;
  const small = gpt2LanguageModel({ vocab_size: vocab, n_positions: 64, n_embd: 16, n_layer: 2, n_head: 2 }).model;
  const check = (memory: number, sizes: Partial<RunSizes> & { readonly training?: boolean } = {}): string => {
    try {
      return `fits: ${checkMemory(small, { batch: 16, time: 64, device: reference({ memory }), ...sizes }).run.step}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test("what fits is described", () => {
    expect(check(8 * MB)).toMatch(/^fits: \d+$/);
    expect(checkMemory(small, { batch: 16, time: 64, device: reference() }).run.step).toBeGreaterThan(0); // no limit is known
  });

  /** What layers keep may become less: the words are held to, the numbers by the next test. */
  const numberless = (message: string): string => message.replace(/\d+\.\d [kM]B/g, "#").replace(/(batch|accumulate) \d+/g, "$1 #");

  test("what doesn't is refused with the numbers and what to do, before anything is allocated", () => {
    expect(numberless(check(2.5 * MB))).toMatchInlineSnapshot(
      `"checkMemory: training it with 16 × 64 positions takes # at its fullest (parameters #, gradients #, optimizer #, the rest activations), and reference has room for #; batch # with accumulate # fits; withCheckpoints(model) fits with batch #; or take shorter rows"`,
    );
    expect(numberless(check(0.2 * MB))).toMatchInlineSnapshot(
      `"checkMemory: training it with 16 × 64 positions takes # at its fullest (parameters #, gradients #, optimizer #, the rest activations), and reference has room for #; not even one row does: take shorter rows, a smaller model, or a device with more memory"`,
    );
    expect(numberless(check(0.14 * MB))).toMatchInlineSnapshot(
      `"checkMemory: training it with 16 × 64 positions takes # at its fullest (parameters #, gradients #, optimizer #, the rest activations), and reference has room for #; not even without activations: take a smaller model, an optimizer that remembers less (adafactor, sgd), or a device with more memory"`,
    );
    expect(numberless(check(0.1 * MB))).toMatchInlineSnapshot(
      `"checkMemory: training it with 16 × 64 positions takes # at its fullest (parameters #, gradients #, optimizer #, the rest activations), and reference has room for #; not even without activations: take a smaller model, an optimizer that remembers less (adafactor, sgd), or a device with more memory"`,
    );
    expect(numberless(check(1.2 * MB, { training: false }))).toMatchInlineSnapshot(
      `"checkMemory: running it with 16 × 64 positions takes # at its fullest (parameters #, the rest what it computes), and reference has room for #; batch # fits; or take shorter rows"`,
    );
    expect(numberless(check(0.03 * MB, { training: false }))).toMatchInlineSnapshot(
      `"checkMemory: running it with 16 × 64 positions takes # at its fullest (parameters #, the rest what it computes), and reference has room for #; not even its parameters do: keep them in 16 bits, take a smaller model, or a device with more memory"`,
    );
  });

  test("what it names fits, and more doesn't", () => {
    const [, batch, accumulate] = /batch (\d+) with accumulate (\d+) fits/.exec(check(2.5 * MB))!.map(Number) as [number, number, number];
    expect(batch * accumulate).toBeGreaterThanOrEqual(16); // no fewer rows a step
    expect(check(2.5 * MB, { batch, accumulate })).toMatch("fits: ");
    expect(check(2.5 * MB, { batch: 12 })).toMatch("checkMemory: ");
    const most = Number(/batch (\d+) fits/.exec(check(1.2 * MB, { training: false }))![1]);
    expect(check(1.2 * MB, { training: false, batch: most })).toMatch("fits: ");
    expect(check(1.2 * MB, { training: false, batch: most + 1 })).toMatch("checkMemory: ");
  });

  test("a model of more than a WASM memory is refused at once", async () => {
    await using device = await wasm({ threads: 1 });
    const large = llamaLanguageModel({ vocab_size: 32_000, hidden_size: 2048, intermediate_size: 5632, num_hidden_layers: 22, num_attention_heads: 32 }).model;
    expect(() => checkMemory(large, { batch: 1, time: 128, device })).toThrow(
      /^checkMemory: training it with 1 × 128 positions takes \d+\.\d GB .* wasm has room for 4\.3 GB; not even without activations/,
    );
    expect(device.memory()).toMatchObject({ live: 0, peak: 0 });
  });
});
