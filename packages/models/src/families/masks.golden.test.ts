// One checkpoint under other masks, against Hugging Face: prefix language models with their limits and cached decoding, a decoder read as an
// encoder, and several documents in a row.
import { Cache, emptyCache } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { named } from "@ashlar/checkpoint";
import { collect, generate } from "@ashlar/generate";
import { and, causal, full, type Mask, or, padding, prefix, sameDocument } from "@ashlar/mask";
import { bind } from "@ashlar/nn";
import { crossEntropy, valueAndGrad } from "@ashlar/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decoder } from "../decoding/decoder.ts";
import { type Batch, devices, goldenModels, ids, lengthsOf, load, seen, shifted, type Table } from "../testing/golden-model.ts";
import { bodyStates, walked } from "../testing/hidden-states.ts";

interface Prefixed {
  readonly input_ids: Table;
  readonly labels: Table;
  readonly prefix_lengths: readonly number[];
  readonly decode: readonly { readonly prompt: readonly number[]; readonly sequence: readonly number[] }[];
}

interface Packed {
  readonly input_ids: Table;
  readonly labels: Table;
  readonly position_ids: Table;
  readonly document_ids: Table;
}

const prefixes = await goldenModels("prefix_gpt2", "prefix_llama");
const bidirectional = await goldenModels("bidirectional_llama");
const packed = await goldenModels("packed_llama");

describe.each(devices)("golden: on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  describe.each(prefixes)("$name", (golden) => {
    const { input_ids, labels, prefix_lengths, decode } = golden.json<Prefixed>("inputs.json");
    const time = input_ids[0]!.length;

    test("logits, loss on the targets, gradients, hidden states", async () => {
      const { model, params, names } = await load(golden, "languageModel", device);
      const [tokens, call] = [ids(input_ids, device), { mask: or(causal, prefix(prefix_lengths)) }];
      const { value, gradients, extra } = valueAndGrad(params, (params) => {
        const logits = bind(model, params)(tokens, call);
        return [crossEntropy(logits, ids(shifted(labels), device), { ignore: -100 }), logits] as const;
      });
      golden.compare((await extra.data()) as Float32Array, "logits");
      golden.compare([await value.item()], "loss");
      const found = named(gradients, names);
      for (const name of golden.outputs("grad.")) golden.compare(await found[name.slice(5)]!.data(), name);
      for (const [layer, states] of bodyStates(model.parts.body, walked(params).body, tokens, call).entries())
        golden.compare(await states.data(), `hidden_states.${layer}`);
    });

    test("its limits are the causal and the bidirectional model", async () => {
      const { model, params } = await load(golden, "languageModel", device);
      const run = (mask: Mask) => bind(model, params)(ids(input_ids, device), { mask }).data();
      const limits = { causal, prefix1: or(causal, prefix(1)), bidirectional: full, prefix_all: or(causal, prefix(time)) };
      for (const [name, mask] of Object.entries(limits)) golden.compare(await run(mask), `logits.${name}`);
    });

    test("reads the prompt whole, then decodes from a cache", async () => {
      const { model, params } = await load(golden, "languageModel", device);
      for (const [row, { prompt, sequence }] of decode.entries()) {
        const mask = or(causal, prefix(prompt.length));
        const logits: number[] = [];
        let state = emptyCache;
        for (const piece of [prompt, ...sequence.slice(prompt.length).map((token) => [token])]) {
          const cache = new Cache(state);
          logits.push(...(await bind(model, params)(ids([piece], device), { mask, cache }).data()));
          state = cache.state;
        }
        golden.compare(logits, `decode.${row}.logits`);
      }
      // the same greedily, all rows at once: their prompts are padded on the left to one width
      const prefixDecoder = decoder(model, params, { mask: (length) => or(causal, prefix(length)) });
      const steps = decode[0]!.sequence.length - decode[0]!.prompt.length;
      const rows = await collect(
        generate(
          prefixDecoder,
          decode.map(({ prompt }) => prompt),
          { maxTokens: steps },
        ),
      );
      expect(rows.map(({ tokens }) => [...tokens])).toEqual(decode.map(({ prompt, sequence }) => sequence.slice(prompt.length)));
    });
  });

  test.each(bidirectional)("$name: a decoder's weights as an encoder", async (golden) => {
    const { model, params } = await load(golden, "languageModel", device);
    for (const [name, { input_ids, attention_mask }] of Object.entries(golden.json<Record<string, Batch>>("inputs.json"))) {
      const [tokens, call, ending] = [ids(input_ids, device), { mask: padding(lengthsOf(attention_mask)) }, name === "plain" ? "" : `.${name}`];
      const real = seen(attention_mask);
      golden.compare(real(await bind(model, params)(tokens, call).data()), `logits${ending}`, real);
      for (const [layer, states] of bodyStates(model.parts.body, walked(params).body, tokens, call).entries())
        golden.compare(real(await states.data()), `hidden_states.${layer}${ending}`, real);
    }
  });

  test.each(packed)("$name: documents in one row, with positions of their own", async (golden) => {
    const { model, params, names } = await load(golden, "languageModel", device);
    const { input_ids, labels, position_ids, document_ids } = golden.json<Packed>("inputs.json");
    const call = { mask: and(causal, sameDocument(document_ids)), positions: Int32Array.from(position_ids.flat()) };
    const { value, gradients, extra } = valueAndGrad(params, (params) => {
      const logits = bind(model, params)(ids(input_ids, device), call);
      return [crossEntropy(logits, ids(shifted(labels), device), { ignore: -100 }), logits] as const;
    });
    golden.compare((await extra.data()) as Float32Array, "logits");
    golden.compare([await value.item()], "loss");
    const found = named(gradients, names);
    for (const name of golden.outputs("grad.")) golden.compare(await found[name.slice(5)]!.data(), name);
  });
});
