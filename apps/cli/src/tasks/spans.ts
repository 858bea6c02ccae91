import type { Device } from "@ashlar/backend";
import { type Batch, batches, padBatch } from "@ashlar/data";
import { padding } from "@ashlar/mask";
import type { Call, SpanLogits } from "@ashlar/models";
import { bind, type Module, type ParamsOf } from "@ashlar/nn";
import { add, crossEntropy, fromData, mul, scoped, type Tensor } from "@ashlar/tensor";
import { encodeWithRanges, type Tokenizer } from "@ashlar/text";
import type { SpanQuestion } from "../text/corpora.ts";
import { type AnswerLengths, bestSpan, type SpanPlaces } from "./answers.ts";
import { groups, place, sumOf, type Task } from "./task.ts";

/** A definition and a sentence as one row, and where in the row the answer is. */
export interface SpanExample {
  /** Start, definition, separator, sentence, separator. */
  readonly inputs: Int32Array;
  /** 0 for the definition and what frames it, 1 for the sentence. */
  readonly segments: Int32Array;
  /** The first token of the answer. */
  readonly first: number;
  /** The last token of the answer. */
  readonly last: number;
  /** The first token of the sentence. */
  readonly from: number;
  /** The last token of the sentence. */
  readonly to: number;
}

/** A question beside what it became. */
export interface PlacedQuestion {
  /** The example. */
  readonly example: SpanExample;
  /** The question. */
  readonly question: SpanQuestion;
  /** Where each token of the row begins in the sentence; −1 outside of it. */
  readonly starts: Int32Array;
  /** Where each ends. */
  readonly ends: Int32Array;
}

/** A model that says where an answer begins and ends. */
export type SpanModel<Parts> = Module<Parts, [tokens: Tensor<2>, call: Call], SpanLogits>;

/** How questions are framed. */
export interface SpanForm {
  /** Text to ids, every byte kept. */
  readonly tokenizer: Tokenizer;
  /** The id at the beginning. */
  readonly start: number;
  /** The id behind each text. */
  readonly separator: number;
  /** The most tokens of a row; longer questions are left out. */
  readonly context: number;
}

/** Questions as rows, with the answers as ranges of tokens. */
export function placeQuestions(questions: readonly SpanQuestion[], { tokenizer, start, separator, context }: SpanForm): PlacedQuestion[] {
  return questions.flatMap((question) => {
    const definition = tokenizer.encode(question.question);
    const { ids, starts, ends } = encodeWithRanges(tokenizer, question.context);
    const inputs = Int32Array.from([start, ...definition, separator, ...ids, separator]);
    if (inputs.length > context) return [];
    const from = definition.length + 2;
    const segments = inputs.map((_, index) => (index < from ? 0 : 1));
    const overlaps = Array.from(ids, (_, i) => (ends[i] as number) > question.start && (starts[i] as number) < question.end);
    const [first, last] = [from + overlaps.indexOf(true), from + overlaps.lastIndexOf(true)];
    const wide = (values: Int32Array) => inputs.map((_, index) => values[index - from] ?? -1);
    return [{ example: { inputs, segments, first, last, from, to: from + ids.length - 1 }, question, starts: wide(starts), ends: wide(ends) }];
  });
}

type SpanBatch = Batch<SpanExample>;

/** Logits inside the sentence, and −10⁹ elsewhere: an answer is never looked for in the definition. */
function insideSentence(logits: Tensor, batch: SpanBatch): Tensor {
  const [rows, time] = batch.inputs.shape;
  const inside = Float32Array.from({ length: rows * time }, (_, index) => {
    const [row, at] = [Math.floor(index / time), index % time];
    return at >= (batch.from[row] as number) && at <= (batch.to[row] as number) ? 0 : -1e9;
  });
  return add(logits, fromData(inside, [rows, time], logits));
}

function read<Parts>(model: SpanModel<Parts>, params: ParamsOf<Parts>, batch: SpanBatch, device: Device, pass: Partial<Call> = {}): SpanLogits {
  const mask = padding(Array.from(batch.inputs.lengths));
  const { start, end } = bind(model, params)(place(batch.inputs, device), { ...pass, mask, segments: place(batch.segments, device) });
  return { start: insideSentence(start, batch), end: insideSentence(end, batch) };
}

/** Span prediction: the mean of the losses of the first and the last token (Devlin et al. 2019 §4.2). */
export function spans<Parts>(
  model: SpanModel<Parts>,
  { device, examples, size }: { readonly device: Device; readonly examples: readonly SpanExample[]; readonly size: number },
): Task<ParamsOf<Parts>, SpanBatch> {
  return {
    perEpoch: Math.ceil(examples.length / size),
    batches: (seed) => batches(examples, { size, seed, lengthOf: (index) => (examples[index] as SpanExample).inputs.length, multiple: 4 }),
    loss(params, batch, pass) {
      const { start, end } = read(model, params, batch, device, pass);
      const at = (places: Int32Array): Tensor => fromData(places, [places.length], { device });
      return mul(add(crossEntropy(start, at(batch.first)), crossEntropy(end, at(batch.last))), 0.5);
    },
    tokens: (batch) => sumOf(batch.inputs.lengths),
  };
}

const blank = /^\s?$/;

/** Which tokens of a sentence begin and end words. */
function wordPlaces({ example, question: { context }, starts, ends }: PlacedQuestion): SpanPlaces {
  const tokens = Array.from({ length: example.to - example.from + 1 }, (_, index) => index + example.from);
  // a token may bring the space before its word
  const text = (at: number): string => context.slice(starts[at], ends[at]);
  const after = (at: number): string => context.slice(ends[at], (ends[at] as number) + 1);
  const before = (at: number): string => context.slice(Math.max(0, (starts[at] as number) - 1), starts[at]);
  return {
    starts: tokens.map((at) => blank.test(before(at)) || /^\s\S/.test(text(at))),
    ends: tokens.map((at) => blank.test(after(at)) || /^\W/.test(after(at))),
  };
}

/** The answers, as parts of the sentences. */
export async function answer<Parts>(
  model: SpanModel<Parts>,
  params: ParamsOf<Parts>,
  questions: readonly PlacedQuestion[],
  { device, lengths, size = 16 }: { readonly device: Device; readonly lengths?: AnswerLengths; readonly size?: number },
): Promise<string[]> {
  const found: string[] = [];
  for (const some of groups(questions, size)) {
    const batch = padBatch(some.map(({ example }) => example));
    const logits = scoped(() => read(model, params, batch, device));
    const [start, end] = [await logits.start.data(), await logits.end.data()];
    const time = batch.inputs.shape[1];
    for (const [row, placed] of some.entries()) {
      const { question, starts, ends, example } = placed;
      const part = (values: ArrayLike<number>) => Array.from({ length: time }, (_, i) => values[row * time + i] as number).slice(example.from, example.to + 1);
      const span = bestSpan(part(start), part(end), wordPlaces(placed), lengths);
      found.push(span ? question.context.slice(starts[span[0] + example.from], ends[span[1] + example.from]).trim() : "");
    }
    for (const { storage } of Object.values(logits) as Tensor[]) storage.free("the answers");
  }
  return found;
}
