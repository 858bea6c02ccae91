import { reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { named, saved, serialize } from "@ashlar/checkpoint";
import { generate } from "@ashlar/generate";
import { causal } from "@ashlar/mask";
import { bind, describe as described, fresh, init, quantizing, taken } from "@ashlar/nn";
import { dequantize, mapTree, paths, quantize, squeeze, type Tensor, tensor } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { decoder } from "../decoding/decoder.ts";
import { assemblyOf } from "./assembly-of.ts";
import { gpt2LanguageModel } from "./gpt2.ts";
import { quantizedAssembly } from "./quantized-assembly.ts";
import { t5EncoderDecoder } from "./t5.ts";

const sizes = { vocab_size: 40, n_positions: 24, n_embd: 32, n_layer: 2, n_head: 2, initializer_range: 0.2 };
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

async function collected(pieces: AsyncIterable<{ readonly token: number }>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const { token } of pieces) tokens.push(token);
  return tokens;
}

describe.each([8, 4] as const)("a GPT-2 in %i bits", (bits) => {
  const assembly = gpt2LanguageModel(sizes);
  const small = quantizedAssembly(assembly, { bits });

  test("computes what the model with the numbers that are kept computes, its head too, cached or not", async () => {
    await using device = await wasm({ threads: 1 });
    const params = init(assembly.model, fresh(0, { device }));
    const kept = init(small.model, quantizing(taken(params)));
    const isKept = (path: string): boolean => paths(kept).some(([other]) => other.startsWith(`${path}.int`));
    const rounded = mapTree(params, (weight, path) => (isKept(path) ? dequantize(quantize(weight, { bits })) : weight)) as typeof params;
    const ids = [5, 6, 7, 8, 9, 10];
    const tokens = tensor([ids], { device, dtype: "int32" });
    const [got, wanted] = [await list(bind(small.model, kept)(tokens, { mask: causal })), await list(bind(assembly.model, rounded)(tokens, { mask: causal }))];
    // logits of about 5, through two blocks of float32 sums in another order
    for (const [index, value] of got.entries()) expect(Math.abs(value - wanted[index]!)).toBeLessThan(2e-4);

    const reader = decoder(small.model, kept);
    let { logits, state } = reader.begin([ids.slice(0, 3)]);
    for (const id of ids.slice(3)) ({ logits, state } = reader.step([id], state));
    const last = got.slice(-sizes.vocab_size);
    for (const [index, value] of (await list(squeeze(logits, 0))).entries()) expect(Math.abs(value - last[index]!)).toBeLessThan(2e-4);
    expect(await collected(generate(reader, ids, { maxTokens: 6 }))).toEqual(
      await collected(generate(decoder(assembly.model, rounded), ids, { maxTokens: 6 })),
    );
  });

  test("is saved as it is under the names of its paths, and its config tells how to read it", async () => {
    const device = reference();
    const params = init(small.model, quantizing(fresh(1, { device })));
    const file = await serialize(named(params, small.names));
    expect(file.length).toBeLessThan(1.1 * described(small.model).bytes + 8192);
    const again = assemblyOf(JSON.parse(JSON.stringify(small.config)));
    const source = await saved(file, { device, table: again.names });
    const read = init(again.model as typeof small.model, source);
    expect(paths(read).map(([path]) => path)).toEqual(paths(params).map(([path]) => path));
    for (const [index, [, weight]] of paths(read).entries()) expect(await list(weight)).toEqual(await list(paths(params)[index]![1]));
  });
});

test("an encoder-decoder is quantized with both of its halves", async () => {
  const device = reference();
  const assembly = t5EncoderDecoder({ vocab_size: 40, d_model: 32, d_kv: 16, d_ff: 64, num_layers: 1, num_heads: 2 });
  const small = quantizedAssembly(assembly, { bits: 8 });
  const params = init(small.model, quantizing(fresh(0, { device })));
  const [source, target] = [[[5, 6, 7]], [[0, 8]]].map((ids) => tensor(ids, { device, dtype: "int32" }) as unknown as Tensor<2>);
  const states = bind(small.model.encode, params)(source!, {});
  expect(await list(bind(small.model.write, params)(states, target!, {}))).toEqual(await list(bind(small.model, params)(source!, target!, {})));
});

test("weights that another program quantized are refused", () => {
  const config = { ...sizes, architectures: ["GPT2LMHeadModel"], quantization_config: { quant_method: "gptq", bits: 4, group_size: 128 } };
  expect(() => assemblyOf(config)).toThrowErrorMatchingInlineSnapshot(
    `[ModelsError: assemblyOf: expected weights quantized as { "quant_method": "ashlar", "bits": 8 or 4, "group_size" }, got {"quant_method":"gptq","bits":4,"group_size":128}; take the checkpoint that isn't quantized]`,
  );
});
