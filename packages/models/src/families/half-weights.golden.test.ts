// GPT-2, Llama and T5 with all matrices and tables in 16 bits, the embeddings too, against what Hugging Face computes from the whole weights.
import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { type NameTable, saved } from "@ashlar/checkpoint";
import { beamSearch, collect, type Decoder, generate } from "@ashlar/generate";
import { padding } from "@ashlar/mask";
import { type AnyModule, bind, casting, init, type Params } from "@ashlar/nn";
import { cast, mapTree, paths, type Tensor } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { decoder } from "../decoding/decoder.ts";
import { sequenceDecoder } from "../decoding/sequence-decoder.ts";
import type { Generation } from "../testing/generations.ts";
import { type Batch, type GoldenModel, goldenModels, ids, lengthsOf, load } from "../testing/golden-model.ts";

/** The most that a number is off, as a share of itself: half of its last bit. */
const units = { float16: 2 ** -11, bfloat16: 2 ** -8 } as const;
/**
 * By how many units the logits may be off, as roots of mean squares: every weight is off by less than one, on their way through two sides or three
 * blocks the differences add up as the root of their number (measured: from 1.0, T5 1.0, to 3.7, T5 1.1, and the same for both types).
 */
const MOST_UNITS = 6;

const models = [...(await goldenModels("gpt2", "llama")), ...(await goldenModels("t5_v10", "t5_v11"))];
const kinds = ["float16", "bfloat16"] as const;

describe.each(models)("golden: $name", (golden) => {
  test.each(kinds)("%s: the logits are those of Hugging Face within the type's roundings, and those of the same numbers in float32", async (dtype) => {
    for (const device of [await wasm({ threads: 1 }), reference()]) {
      await using _ = device;
      const { logits, params, rounded } = await opened(golden, dtype, device);
      for (const [path, { rank, dtype: type }] of paths(params)) expect([path, type]).toEqual([path, rank === 2 ? dtype : "float32"]);
      const { data: wanted } = golden.output("logits");
      const got = await logits(params).data();
      const size = Math.hypot(...wanted);
      expect(Math.hypot(...wanted.map((value, index) => value - got[index]!)) / size).toBeLessThan(MOST_UNITS * units[dtype]);
      const same = await logits(rounded).data();
      // the reference device sums in float64; WASM in float32, in the same order or another
      if (device.name === "reference") expect(got).toEqual(same);
      else expect(Math.hypot(...same.map((value, index) => value - got[index]!)) / size).toBeLessThan(2 ** -20);
    }
  });

  test.each(kinds)("%s: what is decoded token by token, alone and by beams, is what the same numbers in float32 give", async (dtype) => {
    await using device = await wasm({ threads: 1 });
    const { reader, params, rounded, prompts } = await opened(golden, dtype, device);
    for (const strategy of [{}, { strategy: beamSearch({ beams: 3, keep: 3 }) }]) {
      const decoded = async (of: unknown): Promise<number[][]> =>
        (await collect(generate(reader(of), prompts, { maxTokens: 8, ...strategy }))).map(({ tokens }) => [...tokens]);
      expect(await decoded(params)).toEqual(await decoded(rounded));
    }
  });
});

/** A case's model with its weights in 16 bits, and the same numbers in float32. */
async function opened(golden: GoldenModel, dtype: keyof typeof units, device: Device) {
  const { plain } = golden.json<{ plain: Batch }>("inputs.json");
  const { prompt } = golden.json<Generation>("generation.json");
  const rows = (first: (mask: readonly number[]) => number, last: (mask: readonly number[]) => number) =>
    prompt.input_ids.map((row, index) => row.slice(first(prompt.attention_mask[index]!), last(prompt.attention_mask[index]!)));
  const weights = async (model: AnyModule<never, unknown>, table: NameTable) => {
    const params: unknown = init(model, casting(await saved(golden.folder, { device, table }), dtype));
    return { params, rounded: mapTree(params, (weight) => cast(weight, "float32")) as unknown };
  };
  if (golden.name.startsWith("t5")) {
    const { model, names, start } = await load(golden, "encoderDecoder", device);
    const call = { sourceMask: padding(lengthsOf(plain.attention_mask)) };
    return {
      ...(await weights(model, names)),
      logits: (params: unknown): Tensor =>
        bind(model, params as Params<typeof model>)(ids(plain.input_ids, device), ids(plain.decoder_input_ids!, device), call),
      reader: (params: unknown) => sequenceDecoder(model, params as Params<typeof model>, { start }) as Decoder<unknown>,
      prompts: rows(
        () => 0,
        (mask) => mask.reduce((sum, real) => sum + real, 0),
      ),
    };
  }
  const { model, names, mask } = await load(golden, "languageModel", device);
  return {
    ...(await weights(model, names)),
    logits: (params: unknown): Tensor => bind(model, params as Params<typeof model>)(ids(plain.input_ids, device), { mask }),
    reader: (params: unknown) => decoder(model, params as Params<typeof model>, { mask: () => mask }) as Decoder<unknown>,
    prompts: rows(
      (seen) => seen.indexOf(1),
      (seen) => seen.length,
    ),
  };
}
