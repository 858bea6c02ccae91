import { bertSpanClassifier } from "@ashlar/models";
import { init } from "@ashlar/nn";
import { say } from "../console/terminal.ts";
import { answerLengths, randomSpans, randomWords, type SpanScores, spanScores } from "../tasks/answers.ts";
import { answer, placeQuestions, spans } from "../tasks/spans.ts";
import { definitions } from "../text/corpora.ts";
import { type Pretrained, transferred } from "./encoder-frame.ts";
import { learn } from "./learn.ts";
import { atMost, sizeOf } from "./recipe.ts";
import { type Measure, metricsOf, type Outcome } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/** The body under a span head, fine-tuned on definitions and sentences. Undefined when it was stopped. */
export async function transferToSpans(pretrained: Pretrained): Promise<Outcome | undefined> {
  const { context, recipe, frame, config } = pretrained;
  const { device, output, seed, signal } = context;
  const text = atMost(definitions(), recipe);
  const assembly = bertSpanClassifier(config);
  const { model } = assembly;
  const [train, valid] = [placeQuestions(text.train, frame), placeQuestions(text.valid, frame)];

  say(output, `  Transfer: the same body finds the word that a definition defines. ${text.source}.`);
  const learned = await learn(context, "spans", {
    label: "  pretrained",
    task: spans(model, { device, examples: train.map(({ example }) => example), size: recipe.size }),
    params: init(model, transferred(pretrained)),
    rate: recipe.spanRate,
    epochs: recipe.spanEpochs,
  });
  const { params } = learned;
  const folder = context.folder("encoder-spans");
  const keep = (measures: readonly Measure[]): Promise<void> =>
    context.save("encoder-spans", {
      assembly,
      params,
      tokenizer: frame.tokenizer,
      record: { objective: "question-answering", mask: "full", step: learned.steps, metrics: metricsOf(measures) },
    });
  await keep([]);
  if (signal.aborted) return undefined;

  const questions = valid.map(({ question }) => question);
  const answers = await answer(model, params, valid, { device, lengths: answerLengths(text.train) });
  const [scores, span, word] = [answers, randomSpans(questions, seed), randomWords(questions, seed)].map((each) => spanScores(each, questions));
  const measure = (name: string, of: keyof SpanScores): Measure => ({
    name,
    value: (scores as SpanScores)[of],
    better: "higher",
    format: "percent",
    baselines: [
      { name: "random span", value: (span as SpanScores)[of] },
      { name: "random word", value: (word as SpanScores)[of] },
    ],
  });
  const measures = [measure("exact match", "exact"), measure("F1", "f1")];
  await keep(measures);
  tellMeasures(context, measures);
  for (const [index, { question, context: sentence, answer: right }] of questions.slice(0, recipe.shown).entries())
    say(output, `  ${question}: ${sentence}\n    → ${answers[index]}${answers[index] === right ? "" : `  (${right})`}`);
  return {
    name: "encoder-spans",
    architecture: "its body + span head",
    mask: "full",
    objective: "span of an answer",
    parameters: sizeOf(params),
    tokensPerSecond: learned.tokensPerSecond,
    measures,
    folder,
    command: `info ${folder}`,
  };
}
