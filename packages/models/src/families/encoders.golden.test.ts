// BERT and its heads against Hugging Face: outputs, every hidden state, loss, gradients, with and without right padding.
import type { Device } from "@ashlar/backend";
import { named } from "@ashlar/checkpoint";
import { padding } from "@ashlar/mask";
import { bind } from "@ashlar/nn";
import { add, crossEntropy, mul, type Tensor, tensor, valueAndGrad } from "@ashlar/tensor";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { SpanLogits } from "../heads/classifiers.ts";
import { type Batch, devices, type GoldenModel, goldenModels, ids, lengthsOf, load, seen } from "../testing/golden-model.ts";
import { bodyStates, walked } from "../testing/hidden-states.ts";

const loaders: Readonly<
  Record<string, (golden: GoldenModel, device: Device) => ReturnType<typeof load<"maskedLanguageModel" | "sequenceClassifier" | "tokenClassifier">>>
> = {
  bert_mlm: (golden, device) => load(golden, "maskedLanguageModel", device),
  bert_seqcls: (golden, device) => load(golden, "sequenceClassifier", device),
  bert_tokcls: (golden, device) => load(golden, "tokenClassifier", device),
};

/** The two batches of a case, the endings of their outputs' names, and how they are read. */
const batches = (golden: GoldenModel, device: Device) =>
  Object.entries(golden.json<Record<string, Batch>>("inputs.json")).map(([name, batch]) => ({
    batch,
    ending: name === "plain" ? "" : `.${name}`,
    tokens: ids(batch.input_ids, device),
    call: { mask: padding(lengthsOf(batch.attention_mask)), segments: ids(batch.token_type_ids!, device) },
    real: seen(batch.attention_mask),
  }));

const withLogits = await goldenModels("bert_mlm", "bert_seqcls", "bert_tokcls");
const spans = await goldenModels("bert_qa");
const alone = await goldenModels("bert_base");

describe.each(devices)("golden: on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  describe.each(withLogits)("$name", (golden) => {
    test("logits, loss, gradients, hidden states", async () => {
      const { model, params, names } = await loaders[golden.name]!(golden, device);
      for (const { batch, ending, tokens, call, real } of batches(golden, device)) {
        const targets = tensor(batch.labels as number[][] | number[], { device, dtype: "int32" });
        const { value, gradients, extra } = valueAndGrad(params, (params) => {
          const logits = bind(model, params)(tokens, call);
          return [crossEntropy(logits, targets, { ignore: -100 }), logits] as const;
        });
        const places = extra.rank === 3 ? real : Array.from;
        golden.compare(places((await extra.data()) as Float32Array), `logits${ending}`, places);
        golden.compare([await value.item()], `loss${ending}`);
        const found = named(gradients, names);
        for (const name of golden.outputs("grad.").filter((name) => name.endsWith(".padded") === (ending !== "")))
          golden.compare(await found[name.slice(5, name.length - ending.length)]!.data(), name);
        for (const [layer, states] of bodyStates(model.parts.body, walked(params).body, tokens, call).entries())
          golden.compare(real(await states.data()), `hidden_states.${layer}${ending}`, real);
      }
    });
  });

  test.each(spans)("$name: span logits and loss", async (golden) => {
    const { model, params } = await load(golden, "spanClassifier", device);
    for (const { batch, ending, tokens, call, real } of batches(golden, device)) {
      const { start, end }: SpanLogits = bind(model, params)(tokens, call);
      // the loss looks at padding too: Hugging Face doesn't mask the logits
      golden.compare(real(await start.data()), `start_logits${ending}`, real);
      golden.compare(real(await end.data()), `end_logits${ending}`, real);
      const side = (logits: Tensor, positions: readonly number[]) => crossEntropy(logits, tensor([...positions], { device, dtype: "int32" }));
      if (ending === "") golden.compare([await mul(0.5, add(side(start, batch.start_positions!), side(end, batch.end_positions!))).item()], "loss");
    }
  });

  test.each(alone)("$name: states of the encoder alone", async (golden) => {
    const { model, params } = await load(golden, "encoder", device);
    for (const { ending, tokens, call, real } of batches(golden, device)) {
      golden.compare(real(await bind(model, params)(tokens, call).data()), `last_hidden_state${ending}`, real);
      const states = bodyStates(model, params, tokens, call);
      for (const [layer, state] of states.entries()) golden.compare(real(await state.data()), `hidden_states.${layer}${ending}`, real);
    }
  });
});
