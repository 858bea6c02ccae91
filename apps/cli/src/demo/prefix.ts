import { llamaLanguageModel } from "@ashlar/models";
import { fresh, init } from "@ashlar/nn";
import { trainBPE } from "@ashlar/text";
import { say } from "../console/terminal.ts";
import { chrF } from "../metrics/chrf.ts";
import { countedTargets, unigramScores } from "../tasks/score.ts";
import { frequentWords, translate, translation, translationExamples, translationMask, translationScores } from "../tasks/translation.ts";
import { verses } from "../text/corpora.ts";
import { learn } from "./learn.ts";
import { pictures } from "./picture.ts";
import { llamaConfig, type ModelSize, sizeOf } from "./recipe.ts";
import type { Measure, StageContext, StageReport } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/** Sizes and rate of the prefix stage. */
export interface PrefixRecipe extends ModelSize {
  /** How many verses are translated to be measured. */
  readonly translated: number;
  /** How many of them are shown. */
  readonly shown: number;
}

/** What is used unless said. */
export const prefixRecipe: PrefixRecipe = {
  vocab: 1024,
  dim: 96,
  layers: 2,
  heads: 4,
  context: 96,
  size: 8,
  rate: 4e-3,
  epochs: 16,
  taught: 100_000,
  measured: 2000,
  translated: 60,
  shown: 3,
};

/** The token between source and target, named as Hugging Face's tokenizers name separators. */
const SEPARATOR = "<sep>";

/** Prefix language model: the decoder's own model function, both ways over an English verse and causal over the Spanish one. */
export async function prefixStage(context: StageContext, recipe: PrefixRecipe = prefixRecipe): Promise<StageReport> {
  const { device, output, seed, signal } = context;
  const text = verses();
  const pairs = text.train.slice(0, recipe.taught);
  const tokenizer = trainBPE(
    pairs.flatMap(({ source, target }) => [source, target]),
    { size: recipe.vocab, special: { pad: "<pad>", eos: "</s>", unknown: "<unk>", separator: SEPARATOR } },
  );
  const form = { ...recipe, tokenizer, separator: tokenizer.special.separator as number, end: tokenizer.special.eos as number };
  const [train, valid] = [translationExamples(pairs, form), translationExamples(text.valid.slice(0, recipe.measured), form)];
  const assembly = llamaLanguageModel(llamaConfig(recipe, tokenizer));
  const { model } = assembly;

  say(output, `  The same model function: the source sees itself both ways, the target is written from left to right. ${text.source}.`);
  say(output, pictures([{ caption: "or(causal, prefix(4))", mask: translationMask(4) }]));

  const learned = await learn(context, "train", {
    label: "  English → Spanish",
    task: translation(model, { ...recipe, device, examples: train }),
    params: init(model, fresh(seed, { device })),
    rate: recipe.rate,
    epochs: recipe.epochs,
  });
  const { params, steps, tokensPerSecond } = learned;
  const folder = context.folder("prefix");
  const keep = (metrics: Record<string, number>): Promise<void> =>
    context.save("prefix", {
      assembly,
      params,
      tokenizer,
      record: { objective: "prefix", mask: "or(causal, prefix)", promptEnd: [form.separator], step: steps, metrics },
    });
  await keep({});
  if (signal.aborted) return [];

  const scores = await translationScores(model, params, { device, examples: valid });
  const constant = unigramScores(countedTargets(train), countedTargets(valid), tokenizer.size);
  const some = text.valid.slice(0, recipe.translated);
  const translations = await translate(
    model,
    params,
    some.map(({ source }) => source),
    { ...form, longest: recipe.context, signal },
  );
  const reference = some.map(({ target }) => target);
  const frequent = frequentWords(pairs.map(({ target }) => target));
  const chrf = (outputs: readonly string[]): number => chrF(outputs.map((each, index) => ({ output: each, reference: reference[index] as string })));
  const measures: Measure[] = [
    {
      name: "token accuracy",
      value: scores.accuracy,
      better: "higher",
      format: "percent",
      baselines: [{ name: "most frequent token", short: "one token", value: constant.accuracy }],
    },
    { name: "validation loss", value: scores.loss, better: "lower", format: "number", baselines: [{ name: "token frequencies", value: constant.loss }] },
    {
      name: "chrF",
      value: chrf(translations),
      better: "higher",
      format: "number",
      baselines: [{ name: "most frequent words", value: chrf(reference.map(() => frequent)), optional: true }],
    },
  ];
  await keep(Object.fromEntries(measures.map(({ name, value }) => [name, value])));
  tellMeasures(context, measures);
  for (const [index, { source, target }] of some.slice(0, recipe.shown).entries()) {
    say(output, `  ${source}\n    → ${translations[index]}\n    = ${target}`);
  }
  return [
    {
      name: "prefix",
      architecture: "prefix LM (llama)",
      mask: "or(causal, prefix)",
      objective: "target from source",
      parameters: sizeOf(params),
      tokensPerSecond,
      measures,
      folder,
      command: `generate ${folder} --prompt "${(some[0] as { source: string }).source}"`,
    },
  ];
}
