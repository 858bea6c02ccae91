import { bertSequenceClassifier } from "@ashlar/models";
import { init, type Params } from "@ashlar/nn";
import { say } from "../console/terminal.ts";
import { accuracy, macroF1 } from "../metrics/classification.ts";
import { type ClassExample, classExamples, classesOf, classification, classify, majority } from "../tasks/classification.ts";
import { passages } from "../text/corpora.ts";
import { beginning, framed, type Pretrained, transferred } from "./encoder-frame.ts";
import { type Learned, learn } from "./learn.ts";
import { atMost, sizeOf } from "./recipe.ts";
import { type Measure, metricsOf, type Outcome } from "./stage.ts";
import { tellMeasures } from "./tell.ts";

/**
 * The body under a classifier, fine-tuned on passages; beside it the same network that was never pretrained, with the same recipe and time.
 * Undefined when it was stopped.
 */
export async function transferToClasses(pretrained: Pretrained): Promise<Outcome | undefined> {
  const { context, recipe, frame, config } = pretrained;
  const { device, output, signal } = context;
  const text = atMost(passages(), recipe);
  const classes = classesOf([...text.train, ...text.valid]);
  const numbered = {
    id2label: Object.fromEntries(classes.map((label, index) => [String(index), label])),
    label2id: Object.fromEntries(classes.map((label, index) => [label, index])),
  };
  const assembly = bertSequenceClassifier({ ...config, ...numbered, num_labels: classes.length, classifier_dropout: 0.1 });
  const { model } = assembly;
  const examples = (rows: typeof text.train): ClassExample[] => classExamples(rows, classes, (passage) => framed(passage, frame));
  const [train, valid] = [examples(text.train), examples(text.valid)];
  const task = classification(model, { device, examples: train, size: recipe.size });
  const fine = (phase: string, label: string, params: Params<typeof model>): Promise<Learned<Params<typeof model>>> =>
    learn(context, phase, { label, task, params, rate: recipe.classRate, epochs: recipe.classEpochs });

  say(output, `  Transfer: the same body under a new head. ${text.source}: ${classes.join(", ")}.`);
  const learned = await fine("classes", "  pretrained", init(model, transferred(pretrained)));
  const folder = context.folder("encoder-classes");
  const { params } = learned;
  const keep = (measures: readonly Measure[]): Promise<void> =>
    context.save("encoder-classes", {
      assembly,
      params,
      tokenizer: frame.tokenizer,
      record: { objective: "sequence-classification", mask: "full", step: learned.steps, metrics: metricsOf(measures) },
    });
  await keep([]);
  if (signal.aborted) return undefined;
  const untrained = await fine("from scratch", "  without pretraining", init(model, beginning(context, recipe)));
  if (signal.aborted) return undefined;

  const labels = valid.map(({ label }) => label);
  const found = await classify(model, params, valid, { device });
  const scratch = await classify(model, untrained.params, valid, { device });
  const frequent = labels.map(() => majority(train.map(({ label }) => label)));
  const measure = (name: string, score: (predictions: readonly number[]) => number): Measure => ({
    name,
    value: score(found),
    better: "higher",
    format: "percent",
    baselines: [
      { name: "majority class", short: "majority", value: score(frequent) },
      { name: "without pretraining", short: "unpretrained", value: score(scratch) },
    ],
  });
  const measures = [
    measure("accuracy", (predictions) => accuracy(predictions, labels)),
    measure("macro F1", (predictions) => macroF1(predictions, labels, classes.length)),
  ];
  await keep(measures);
  tellMeasures(context, measures);
  return {
    name: "encoder-classes",
    architecture: "its body + classifier",
    mask: "full",
    objective: "class of a passage",
    parameters: sizeOf(params),
    tokensPerSecond: learned.tokensPerSecond,
    measures,
    folder,
    command: `info ${folder}`,
  };
}
