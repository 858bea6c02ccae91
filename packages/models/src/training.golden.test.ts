// Ten steps of AdamW against PyTorch's: the loss, the gradient's norm and the rate of every step, and all parameters at the end. Tolerances are
// the cases' own; the biases of keys, whose gradient is nothing but rounding, are left out as the cases say.
import { join } from "node:path";
import type { Device } from "@ashlar/backend";
import { named } from "@ashlar/checkpoint";
import { padding } from "@ashlar/mask";
import { bind } from "@ashlar/nn";
import { crossEntropy, type Tensor } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { adamW, chain, clipByNorm, constant, train, warmupLinear } from "@ashlar/train";
import { describe, expect, test } from "vitest";
import { type Batch, devices, type GoldenModel, goldenModels, ids, lengthsOf, load, shifted, type Table, tensorsOf } from "./testing/golden-model.ts";

interface Training {
  readonly settings: {
    readonly steps: number;
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly clip: number;
    readonly schedule: "constant" | "linear";
    readonly warmup_steps: number;
    readonly label_smoothing: number;
  };
  readonly log: readonly { readonly loss: number; readonly grad_norm: number; readonly lr: number }[];
}

/** Each case's model, and the logits and targets of a batch. */
const kinds: Readonly<Record<string, (golden: GoldenModel, device: Device) => Promise<{ params: unknown; names: Parameters<typeof named>[1]; read: Read }>>> = {
  train_gpt2: async (golden, device) => {
    const { model, params, names, mask } = await load(golden, "languageModel", device);
    return {
      params,
      names,
      read: (params, { input_ids, labels }) => [bind(model, params as never)(ids(input_ids, device), { mask }), shifted(labels as Table)],
    };
  },
  train_bert_mlm: async (golden, device) => {
    const { model, params, names } = await load(golden, "maskedLanguageModel", device);
    return {
      params,
      names,
      read: (params, { input_ids, attention_mask, token_type_ids, labels }) => {
        const call = { mask: padding(lengthsOf(attention_mask)), segments: ids(token_type_ids!, device) };
        return [bind(model, params as never)(ids(input_ids, device), call), labels as Table];
      },
    };
  },
  train_t5_smooth: async (golden, device) => {
    const { model, params, names } = await load(golden, "encoderDecoder", device);
    return {
      params,
      names,
      read: (params, { input_ids, attention_mask, decoder_input_ids, labels }) => {
        const call = { sourceMask: padding(lengthsOf(attention_mask)) };
        return [bind(model, params as never)(ids(input_ids, device), ids(decoder_input_ids!, device), call), labels as Table];
      },
    };
  },
};

type Read = (params: unknown, batch: Batch) => readonly [logits: Tensor, targets: Table];

describe.each(await goldenModels(...Object.keys(kinds)))("golden: $name", (golden) => {
  test.each(devices)("on %s", async (_, make) => {
    await using device = await make();
    const { params, names, read } = await kinds[golden.name]!(golden, device);
    const { settings, log } = golden.json<Training>("training.json");
    const { steps } = golden.json<{ steps: Batch[] }>("inputs.json");
    const { noisy_parameters: noisy, tolerance } = golden.json<{ noisy_parameters: string[]; tolerance: { loss_abs: number; final_abs: number } }>("meta.json");
    const { lr: peak, warmup_steps: warmup, betas, eps: epsilon, weight_decay: decay, clip, label_smoothing: labelSmoothing } = settings;
    const rate = settings.schedule === "constant" ? constant(peak) : warmupLinear({ peak, warmup, steps: settings.steps });
    const run = train({
      params: params as Record<string, unknown>,
      donate: true,
      optimizer: chain(clipByNorm(clip), adamW({ rate, beta1: betas[0], beta2: betas[1], epsilon, decay })),
      batches: steps,
      loss: (params, batch) => {
        const [logits, targets] = read(params, batch); // no random numbers: nothing is dropped
        return crossEntropy(logits, ids(targets, device), { ignore: -100, labelSmoothing });
      },
    });
    let made = 0;
    for await (const step of run) {
      const { loss, grad_norm, lr } = log[step.index]!;
      toClose([await step.loss()], [loss], { rtol: 0, atol: tolerance.loss_abs }, `loss of step ${step.index}`);
      toClose([(await step.gradientNorm())!], [grad_norm], { rtol: 1e-4, atol: 0 }, `norm of step ${step.index}`);
      toClose([step.rate!], [lr], { rtol: 1e-6, atol: 0 }, `rate of step ${step.index}`);
      made++;
      if (made < steps.length) continue;
      const final = named(step.params, names);
      for (const [name, { data }] of await tensorsOf(join(golden.folder, "final.safetensors")))
        if (!noisy.includes(name)) toClose(await final[name]!.data(), data, { rtol: 0, atol: tolerance.final_abs }, name);
    }
    expect(made).toBe(settings.steps);
  });
});
