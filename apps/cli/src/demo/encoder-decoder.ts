import { causal, full } from "@ashlar/mask";
import { t5EncoderDecoder } from "@ashlar/models";
import { init, type Params } from "@ashlar/nn";
import { words } from "@ashlar/text";
import { say } from "../console/terminal.ts";
import { denoising } from "../tasks/denoising.ts";
import { letterSounds, phonemeErrorRate, phonemeExamples, phonemes, pronounce, soundOut, spelled } from "../tasks/phonemes.ts";
import { pronunciations } from "../text/corpora.ts";
import { withReaches } from "./beginnings.ts";
import { learn } from "./learn.ts";
import { pictures } from "./picture.ts";
import { type ModelSize, sizeOf, T5_DISTANCE, t5Config } from "./recipe.ts";
import type { Measure, StageContext, StageReport } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/** Sizes and rates of the encoder-decoder stage. */
export interface EncoderDecoderRecipe extends ModelSize {
  /** Rows a batch in fine-tuning. */
  readonly fineSize: number;
  /** The highest rate of fine-tuning. */
  readonly fineRate: number;
  /** How many of them are shown. */
  readonly shown: number;
}

/** What is used unless said. */
export const encoderDecoderRecipe: EncoderDecoderRecipe = {
  vocab: 0,
  dim: 96,
  layers: 2,
  heads: 4,
  context: 48,
  size: 32,
  rate: 1e-3,
  epochs: 40,
  fineSize: 16,
  fineRate: 2e-3,
  taught: 100_000,
  measured: 300,
  shown: 6,
};

const SENTINELS = 16;

/** Encoder-decoder: a T5 repairs gaps in spellings and pronunciations, then learns to pronounce. */
export async function encoderDecoderStage(context: StageContext, recipe: EncoderDecoderRecipe = encoderDecoderRecipe): Promise<StageReport> {
  const { device, output, seed, signal } = context;
  const text = pronunciations();
  const pairs = text.train.slice(0, recipe.taught);
  const tokenizer = words(
    pairs.flatMap(({ source, target }) => [spelled(source), target]),
    { sentinels: SENTINELS },
  );
  const end = tokenizer.special.eos as number;
  const assembly = t5EncoderDecoder(t5Config(recipe, tokenizer));
  const { model, start } = assembly;

  say(output, `  The encoder sees the source whole; the decoder sees what it has written, and through cross-attention the source. ${text.source}.`);
  say(
    output,
    pictures([
      { caption: "encoder", mask: full, layout: 7 },
      { caption: "decoder", mask: causal, layout: { queries: 5, keys: 5 } },
      { caption: "cross", mask: full, layout: { queries: 5, keys: 7 } },
    ]),
  );

  // the dictionary's own text, an entry a row: what is missing in a spelling or a pronunciation is to be told from both
  const rows = pairs.map(({ source, target }) => tokenizer.encode(`${spelled(source)} ${target}`));
  const pretrained = await learn(context, "pretrain", {
    label: "  span corruption",
    task: denoising(model, { device, rows, vocab: tokenizer.size, sentinels: SENTINELS, end, size: recipe.size }),
    params: init(model, withReaches({ maxDistance: T5_DISTANCE, device, seed })),
    rate: recipe.rate,
    epochs: recipe.epochs,
  });
  const folder = context.folder("encoder-decoder");
  const keep = (
    params: Params<typeof model>,
    objective: "span-corruption" | "sequence-to-sequence",
    step: number,
    metrics: Record<string, number>,
  ): Promise<void> => context.save("encoder-decoder", { assembly, params, tokenizer, record: { objective, mask: "full", promptEnd: [end], step, metrics } });
  await keep(pretrained.params, "span-corruption", pretrained.steps, {});
  if (signal.aborted) return [];

  const learned = await learn(context, "phonemes", {
    label: "  spelling → phonemes",
    task: phonemes(model, { device, examples: phonemeExamples(pairs, tokenizer, { start, end }), size: recipe.fineSize }),
    params: pretrained.params,
    rate: recipe.fineRate,
    epochs: recipe.epochs,
  });
  const { params, tokensPerSecond } = learned;
  const steps = pretrained.steps + learned.steps;
  await keep(params, "sequence-to-sequence", steps, {});
  if (signal.aborted) return [];

  const some = text.valid.slice(0, recipe.measured);
  const written = await pronounce(
    model,
    params,
    some.map(({ source }) => source),
    { tokenizer, start, end },
  );
  const sounds = letterSounds(pairs);
  const measure: Measure = {
    name: "phoneme error rate",
    value: phonemeErrorRate(written, some),
    better: "lower",
    format: "percent",
    baselines: [
      {
        name: "most frequent phoneme of each letter",
        short: "letter by letter",
        value: phonemeErrorRate(
          some.map(({ source }) => soundOut(source, sounds)),
          some,
        ),
      },
    ],
  };
  await keep(params, "sequence-to-sequence", steps, { [measure.name]: measure.value });
  tellMeasures(context, [measure]);
  for (const [index, { source, target }] of some.slice(0, recipe.shown).entries()) {
    const found = (written[index] as string[]).join(" ");
    say(output, `  ${source} → ${found}${found === target ? "" : `  (${target})`}`);
  }
  return [
    {
      name: "encoder-decoder",
      architecture: "encoder-decoder (T5)",
      mask: "full + causal",
      objective: "spans, then phonemes",
      parameters: sizeOf(params),
      tokensPerSecond,
      measures: [measure],
      folder,
      command: `generate ${folder} --prompt "${spelled((some[0] as { source: string }).source)}"`,
    },
  ];
}
