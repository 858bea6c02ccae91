// T5 against Hugging Face: logits, every hidden state of both sides, loss, gradients, greedy decoding.
import { Shared, within } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { named } from "@ashlar/checkpoint";
import { causal, padding } from "@ashlar/mask";
import { bind } from "@ashlar/nn";
import { crossEntropy, type Tensor, valueAndGrad } from "@ashlar/tensor";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Call } from "../call.ts";
import { sequenceDecoder } from "../decoding/sequence-decoder.ts";
import { compareRun, type Generation, runs } from "../testing/generations.ts";
import { type Batch, devices, goldenModels, ids, lengthsOf, load, seen, type Table } from "../testing/golden-model.ts";
import { stackStates, walked } from "../testing/hidden-states.ts";

describe.each(await goldenModels("t5_v10", "t5_v11"))("golden: $name", (golden) => {
  describe.each(devices)("on %s", (on, make) => {
    let device: Device;
    beforeAll(async () => {
      device = await make();
    });
    afterAll(() => device[Symbol.asyncDispose]());

    const batches = () =>
      Object.entries(golden.json<Record<string, Batch>>("inputs.json")).map(([name, batch]) => ({
        batch,
        ending: name === "plain" ? "" : `.${name}`,
        source: ids(batch.input_ids, device),
        target: ids(batch.decoder_input_ids!, device),
        sourceMask: padding(lengthsOf(batch.attention_mask)),
        real: seen(batch.attention_mask),
      }));

    test("logits with the config in its older spelling", async () => {
      const { model, params } = await load(golden, "encoderDecoder", device, "config.legacy.json");
      for (const { ending, source, target, sourceMask } of batches())
        golden.compare(await bind(model, params)(source, target, { sourceMask }).data(), `logits${ending}`);
    });

    test("logits, loss and gradients", async () => {
      const { model, params, names } = await load(golden, "encoderDecoder", device);
      for (const { batch, ending, source, target, sourceMask } of batches()) {
        const { value, gradients, extra } = valueAndGrad(params, (params) => {
          const logits = bind(model, params)(source, target, { sourceMask });
          return [crossEntropy(logits, ids(batch.labels as Table, device), { ignore: -100 }), logits] as const;
        });
        golden.compare((await extra.data()) as Float32Array, `logits${ending}`);
        golden.compare([await value.item()], `loss${ending}`);
        const found = named(gradients, names);
        for (const name of golden.outputs("grad.").filter((name) => name.endsWith(".padded") === (ending !== "")))
          golden.compare(await found[name.slice(5, name.length - ending.length)]!.data(), name);
      }
    });

    test("hidden states of both sides", async () => {
      const { model, params } = await load(golden, "encoderDecoder", device);
      for (const { ending, source, target, sourceMask, real } of batches()) {
        const shared = new Shared(device);
        const memory = bind(model.encode, params)(source, { sourceMask });
        golden.compare(real(await memory.data()), `encoder_last_hidden_state${ending}`, real);
        const embed = (tokens: Tensor) => bind<never, [Tensor, Call], Tensor>(model.parts.inputs, walked(params).inputs)(tokens, { mask: causal });
        const below = { mask: sourceMask, shared };
        const encoder = stackStates(model.parts.encoder, walked(params).encoder, embed(source), within(below, "encoder"));
        for (const [layer, states] of encoder.entries()) golden.compare(real(await states.data()), `encoder_hidden_states.${layer}${ending}`, real);
        const pass = { mask: causal, memory: { states: memory, mask: sourceMask }, shared };
        const decoder = stackStates(model.parts.decoder, walked(params).decoder, embed(target), within(pass, "decoder"));
        for (const [layer, states] of decoder.entries()) golden.compare(await states.data(), `decoder_hidden_states.${layer}${ending}`);
      }
    });

    // the plain device is slow: one way shows that its cache works
    test.each(on === "wasm" ? runs : runs.slice(0, 1))("%s decoding of sources of different lengths", async (run) => {
      const { model, params, start } = await load(golden, "encoderDecoder", device);
      const { prompt, runs } = golden.json<Generation>("generation.json");
      const sources = prompt.input_ids.map((row, index) => row.slice(0, lengthsOf(prompt.attention_mask)[index]));
      await compareRun(sequenceDecoder(model, params, { start }), sources, runs[run]!, 1);
    });
  });
});
