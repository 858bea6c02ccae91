import { full } from "@ashlar/mask";
import { bertMaskedLanguageModel } from "@ashlar/models";
import { init } from "@ashlar/nn";
import { trainBPE } from "@ashlar/text";
import { say } from "../console/terminal.ts";
import { maskedOnce, maskedScores, maskedWords } from "../tasks/masked-words.ts";
import { countedTargets, unigramScores } from "../tasks/score.ts";
import { placeQuestions } from "../tasks/spans.ts";
import { addresses, definitions, passages } from "../text/corpora.ts";
import { transferToClasses } from "./encoder-classes.ts";
import { beginning, bertTokens, type EncoderRecipe, type Frame, framed, framedChunks, type Pretrained } from "./encoder-frame.ts";
import { transferToSpans } from "./encoder-spans.ts";
import { learn } from "./learn.ts";
import { pictures } from "./picture.ts";
import { atMost, bertConfig, sizeOf } from "./recipe.ts";
import { type Measure, metricsOf, type Outcome, type StageContext, type StageReport } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/** What is used unless said. */
export const encoderRecipe: EncoderRecipe = {
  vocab: 1024,
  dim: 96,
  layers: 2,
  heads: 4,
  context: 64,
  size: 8,
  rate: 2e-3,
  density: 0.3,
  classRate: 4e-4,
  epochs: Number.POSITIVE_INFINITY,
  classEpochs: 2,
  spanEpochs: 4,
  spanRate: 1e-3,
  taught: 100_000,
  measured: 100_000,
  shown: 3,
};

/** Encoder-only: a BERT learns to fill gaps, then its body is used twice under new heads. */
export async function encoderStage(context: StageContext, recipe: EncoderRecipe = encoderRecipe): Promise<StageReport> {
  const { device, output, seed, signal } = context;
  const [prose, eras, questions] = [atMost(addresses(), recipe), atMost(passages(), recipe), atMost(definitions(), recipe)];
  const short = eras.train.map(({ text }) => text);
  const sentences = questions.train.map((each) => `${each.question}\n${each.context}`);
  const tokenizer = trainBPE([...prose.train, ...short, ...sentences], { size: recipe.vocab, special: bertTokens });
  const { classification: start, separator, mask } = tokenizer.special as { classification: number; separator: number; mask: number };
  const frame: Frame = { tokenizer, start, separator, context: recipe.context };
  const config = bertConfig(recipe, tokenizer);
  const assembly = bertMaskedLanguageModel(config);
  const { model } = assembly;

  say(output, `  Every token sees all others; ${Math.round(100 * recipe.density)} % are hidden and to be guessed. ${prose.source}, passages, definitions.`);
  say(output, pictures([{ caption: "full", mask: full }]));

  const form = { mask, vocab: tokenizer.size, special: tokenizer.specialIds, density: recipe.density };
  const rows = [
    ...prose.train.flatMap((text) => framedChunks(text, frame)),
    ...short.map((text) => framed(text, frame)),
    ...placeQuestions(questions.train, frame).map(({ example }) => example.inputs),
  ];
  const learned = await learn(context, "pretrain", {
    label: "  masked words",
    task: maskedWords(model, { ...recipe, ...form, device, rows }),
    params: init(model, beginning(context, recipe)),
    rate: recipe.rate,
    epochs: recipe.epochs,
  });
  const { params } = learned;
  const folder = context.folder("encoder");
  const keep = (measures: readonly Measure[]): Promise<void> =>
    context.save("encoder", { assembly, params, tokenizer, record: { objective: "masked", mask: "full", step: learned.steps, metrics: metricsOf(measures) } });
  await keep([]);
  if (signal.aborted) return [];

  const held = prose.valid.flatMap((text) => framedChunks(text, frame)).slice(0, recipe.measured);
  const valid = maskedOnce(held, form, seed);
  const scores = await maskedScores(model, params, valid, device);
  const common = rows.flatMap((row) => [...row]).filter((id) => !form.special.includes(id));
  const constant = unigramScores(common, countedTargets(valid), tokenizer.size);
  const measures: Measure[] = [
    {
      name: "hidden tokens guessed",
      value: scores.accuracy,
      better: "higher",
      format: "percent",
      baselines: [{ name: "most frequent token", short: "one token", value: constant.accuracy }],
    },
    { name: "validation loss", value: scores.loss, better: "lower", format: "number", baselines: [{ name: "token frequencies", value: constant.loss }] },
  ];
  await keep(measures);
  tellMeasures(context, measures);
  const outcomes: Outcome[] = [
    {
      name: "encoder",
      architecture: "encoder-only (BERT)",
      mask: "full",
      objective: "masked tokens",
      parameters: sizeOf(params),
      tokensPerSecond: learned.tokensPerSecond,
      measures,
      folder,
      command: `info ${folder}`,
    },
  ];
  const pretrained: Pretrained = { context, recipe, frame, config, body: params.body };
  for (const transfer of [transferToClasses, transferToSpans]) {
    const outcome = await transfer(pretrained);
    if (!outcome) break;
    outcomes.push(outcome);
  }
  return outcomes;
}
