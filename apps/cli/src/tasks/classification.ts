import type { Device } from "@ashlar/backend";
import { type Batch, batches, padBatch } from "@ashlar/data";
import { padding } from "@ashlar/mask";
import type { Call } from "@ashlar/models";
import { bind, type Module, type ParamsOf } from "@ashlar/nn";
import { argmax, crossEntropy, fromData, scoped, type Tensor } from "@ashlar/tensor";
import type { Labelled } from "../text/corpora.ts";
import { groups, place, sumOf, type Task } from "./task.ts";

/** A passage as token ids, and its class as a number. */
export interface ClassExample {
  /** Framed as the encoder reads it. */
  readonly inputs: Int32Array;
  /** The number of its class. */
  readonly label: number;
}

/** A model that gives logits for the classes of a row. */
export type ClassModel<Parts> = Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>;

/** The names of the classes, in order. */
export const classesOf = (rows: readonly Labelled[]): string[] => [...new Set(rows.map(({ label }) => label))].sort();

/** Passages as examples. */
export function classExamples(rows: readonly Labelled[], classes: readonly string[], frame: (text: string) => Int32Array): ClassExample[] {
  return rows.map(({ text, label }) => ({ inputs: frame(text), label: classes.indexOf(label) }));
}

const call = (batch: Batch<ClassExample>): Call => {
  const lengths = Array.from(batch.inputs.lengths);
  return { mask: padding(lengths), lengths };
};

/** Sequence classification. */
export function classification<Parts>(
  model: ClassModel<Parts>,
  { device, examples, size }: { readonly device: Device; readonly examples: readonly ClassExample[]; readonly size: number },
): Task<ParamsOf<Parts>, Batch<ClassExample>> {
  return {
    perEpoch: Math.ceil(examples.length / size),
    batches: (seed) => batches(examples, { size, seed, lengthOf: (index) => (examples[index] as ClassExample).inputs.length, multiple: 4 }),
    loss: (params, batch, pass) =>
      crossEntropy(bind(model, params)(place(batch.inputs, device), { ...pass, ...call(batch) }), fromData(batch.label, [batch.label.length], { device })),
    tokens: (batch) => sumOf(batch.inputs.lengths),
  };
}

/** The likeliest class of each example. */
export async function classify<Parts>(
  model: ClassModel<Parts>,
  params: ParamsOf<Parts>,
  examples: readonly ClassExample[],
  { device, size = 16 }: { readonly device: Device; readonly size?: number },
): Promise<number[]> {
  const run = bind(model, params);
  const found: number[] = [];
  for (const some of groups(examples, size)) {
    const batch = padBatch(some);
    const likeliest = scoped(() => argmax(run(place(batch.inputs, device), call(batch)), -1));
    found.push(...(await likeliest.data()));
    likeliest.storage.free("the classification");
  }
  return found;
}

/** The class that most rows have; the first of several. */
export function majority(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] || (each[1] === best[1] && each[0] < best[0]) ? each : best))[0];
}
