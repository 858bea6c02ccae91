import { generate, temperature, topP } from "@ashlar/generate";
import { causal } from "@ashlar/mask";
import { decoder, llamaLanguageModel } from "@ashlar/models";
import { fresh, init, type Params } from "@ashlar/nn";
import { type Tokenizer, trainBPE } from "@ashlar/text";
import { say } from "../console/terminal.ts";
import { compressionBaselines } from "../metrics/compression.ts";
import { bitsPerByte, frequencyBits, languageModelling } from "../tasks/language-modelling.ts";
import { addresses } from "../text/corpora.ts";
import { learn } from "./learn.ts";
import { pictures } from "./picture.ts";
import { llamaConfig, type ModelSize, sizeOf } from "./recipe.ts";
import type { Measure, StageContext, StageReport } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/** Sizes and rate of the decoder-only stage. */
export interface DecoderRecipe extends ModelSize {
  /** How many tokens are sampled at the end. */
  readonly sampled: number;
  /** What is continued. */
  readonly prompt: string;
}

/** What is used unless said. */
export const decoderRecipe: DecoderRecipe = {
  vocab: 1024,
  dim: 96,
  layers: 2,
  heads: 4,
  context: 64,
  size: 8,
  rate: 4e-3,
  epochs: 12,
  taught: 100_000,
  measured: 100_000,
  sampled: 120,
  prompt: "The people of the United States",
};

/** Decoder-only: a causal llama on addresses; bits per byte, and a continuation. */
export async function decoderStage(context: StageContext, recipe: DecoderRecipe = decoderRecipe): Promise<StageReport> {
  const { device, output, seed, signal } = context;
  const text = addresses();
  const documents = text.train.slice(0, recipe.taught);
  const tokenizer = trainBPE(documents, { size: recipe.vocab });
  const end = tokenizer.special.eos as number;
  const assembly = llamaLanguageModel(llamaConfig(recipe, tokenizer));
  const { model } = assembly;
  const ids = documents.map((document) => tokenizer.encode(document));

  say(output, `  Each token sees those before it and predicts the next one. ${text.source}.`);
  say(output, pictures([{ caption: "causal", mask: causal }]));

  const task = languageModelling(model, { ...recipe, device, documents: ids, end });
  const learned = await learn(context, "pretrain", {
    label: "  next token",
    task,
    params: init(model, fresh(seed, { device })),
    rate: recipe.rate,
    epochs: recipe.epochs,
  });
  const { params, steps, tokensPerSecond } = learned;
  const folder = context.folder("decoder");
  const keep = (metrics: Record<string, number>): Promise<void> =>
    context.save("decoder", { assembly, params, tokenizer, record: { objective: "next-token", mask: "causal", step: steps, metrics } });
  await keep({});
  if (signal.aborted) return [];

  const texts = text.valid.map((document) => document.slice(0, recipe.measured));
  const measured = { texts, tokenizer, end };
  const bits = await bitsPerByte(model, params, { ...recipe, ...measured, device });
  const bytes = (some: readonly string[]): Uint8Array => new TextEncoder().encode(some.join("\n"));
  const { uniform, unigram, bigram, gzip } = compressionBaselines(bytes(documents), bytes(texts));
  const measure: Measure = {
    name: "bits per byte",
    value: bits,
    better: "lower",
    format: "number",
    baselines: [
      { name: "uniform", value: uniform },
      { name: "unigram", value: unigram },
      { name: "bigram", value: bigram },
      { name: "its tokens' frequencies", short: "token frequencies", value: frequencyBits(ids, measured) },
      { name: "gzip -9", value: gzip, optional: true },
    ],
  };
  await keep({ "bits per byte": bits });
  tellMeasures(context, [measure]);
  await sample(context, { model, params, tokenizer, end, recipe });
  return [
    {
      name: "decoder",
      architecture: "decoder-only (llama)",
      mask: "causal",
      objective: "next token",
      parameters: sizeOf(params),
      tokensPerSecond,
      measures: [measure],
      folder,
      command: `generate ${folder} --prompt "${recipe.prompt}" --temperature 0.8`,
    },
  ];
}

type Llama = ReturnType<typeof llamaLanguageModel>["model"];

interface Sampled {
  readonly model: Llama;
  readonly params: Params<Llama>;
  readonly tokenizer: Tokenizer;
  readonly end: number;
  readonly recipe: DecoderRecipe;
}

/** Writes a continuation as it is made. */
async function sample({ output, seed, signal }: StageContext, { model, params, tokenizer, end, recipe }: Sampled): Promise<void> {
  const prompt = [end, ...tokenizer.encode(recipe.prompt)];
  const stream = tokenizer.stream();
  output.write(`  A continuation: ${recipe.prompt}`);
  const options = { sample: [temperature(0.8), topP(0.95)], seed, maxTokens: recipe.sampled, stop: end, signal };
  for await (const { token } of generate(decoder(model, params), prompt, options)) output.write(stream.push(token).replaceAll("\n", " "));
  say(output, stream.end());
}
