// The cases of parts/metrics.json for what the demo reports: sacreBLEU's chrF, SQuAD's script, scikit-learn.
import { golden, toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { chrF } from "./chrf.ts";
import { accuracy, macroF1 } from "./classification.ts";
import { exactMatch, normalised, spanF1 } from "./span.ts";

interface Case<Inputs, Outputs> {
  readonly id: string;
  readonly op: string;
  readonly params: { readonly labels?: readonly number[] };
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

const file = golden<Case<unknown, unknown>>("metrics");
const cases = <Inputs, Outputs>(op: string) => (file?.cases ?? []).filter((each) => each.op === op) as Case<Inputs, Outputs>[];

describe.skipIf(!file)("parts/metrics.json", () => {
  test.each(cases<{ items: [string, string[], string[][]][] }, { scores: number[] }>("chrf"))("$id", ({ inputs, outputs, tolerance }) => {
    // references stand set by set; sentence i has entry i of each set
    const scores = inputs.items.map(([, written, sets]) => chrF(written.map((output, i) => ({ output, reference: sets.map((set) => set[i] as string) }))));
    toClose(scores, outputs.scores, tolerance, "chrF");
  });

  type Answers = { prediction: string; answers: string[] };
  test.each(cases<Answers, { normalized: string; exact_match: number; f1: number }>("squad"))("$id", ({ inputs, outputs, tolerance }) => {
    expect(normalised(inputs.prediction).join(" ")).toBe(outputs.normalized);
    const scores = [100 * exactMatch(inputs.prediction, inputs.answers), 100 * spanF1(inputs.prediction, inputs.answers)];
    toClose(scores, [outputs.exact_match, outputs.f1], tolerance, "exact match, F1");
  });

  type Predicted = { labels: number[]; predictions: number[] };
  test.each(cases<Predicted, { accuracy: number; f1_macro: number }>("classification"))("$id", ({ params, inputs, outputs, tolerance }) => {
    const classes = params.labels ?? [];
    const index = (values: readonly number[]) => values.map((value) => classes.indexOf(value));
    const scores = [accuracy(inputs.predictions, inputs.labels), macroF1(index(inputs.predictions), index(inputs.labels), classes.length)];
    toClose(scores, [outputs.accuracy, outputs.f1_macro], tolerance, "accuracy, macro F1");
  });
});
