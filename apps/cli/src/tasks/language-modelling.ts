import type { Device } from "@ashlar/backend";
import { type Batch, batches, type Example, nextToken, prepare } from "@ashlar/data";
import { causal } from "@ashlar/mask";
import { checkObjective, type LanguageModel } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import type { Tokenizer } from "@ashlar/text";
import { meanLoss, predict, scoreTokens, unigramScores } from "./score.ts";
import { sumOf, type Task } from "./task.ts";

/** What next-token prediction is trained on. */
export interface LanguageModellingOptions {
  /** Where the model lives. */
  readonly device: Device;
  /** Documents as token ids. */
  readonly documents: readonly Int32Array[];
  /** The id that stands before each document and after the last. */
  readonly end: number;
  /** How many tokens a row has. */
  readonly context: number;
  /** Rows a batch. */
  readonly size: number;
}

/** Documents as one stream of ids, an `end` before each and after the last. */
export function joined(documents: readonly Int32Array[], end: number): Int32Array {
  return Int32Array.from([end, ...documents.flatMap((document) => [...document, end])]);
}

/**
 * Next-token prediction (causal mask). Rows are cut from the stream of all documents, in every epoch from other places, so that no token
 * always stands first.
 */
export function languageModelling<Parts>(
  model: LanguageModel<Parts>,
  { device, documents, end, context, size }: LanguageModellingOptions,
): Task<ParamsOf<Parts>, Batch<Example>> {
  const stream = joined(documents, end);
  const length = Math.min(context, stream.length - 1);
  const rows = Array.from({ length: Math.max(1, Math.floor((stream.length - 1) / length)) }, (_, index) => index);
  const examples = prepare(rows, (row, seed) => {
    const start = Math.min(row * length + (seed % length), stream.length - 1 - length);
    return nextToken(stream.subarray(start, start + length + 1));
  });
  return {
    perEpoch: Math.ceil(rows.length / size),
    batches: (seed) => batches(examples, { size, seed }),
    loss: (params, batch, pass) => meanLoss(predict(model, params, batch, { ...pass, mask: causal }, device), device),
    tokens: (batch) => sumOf(batch.inputs.lengths),
    check: checkObjective,
  };
}

/**
 * A text in rows of at most `context` tokens that overlap by half, each token counted once: but for the beginning, every one is predicted
 * from at least half a context.
 */
export function overlapping(ids: Int32Array, context: number): Example[] {
  const half = Math.max(1, Math.floor(context / 2));
  const rows: Example[] = [];
  for (let counted = 0; counted + 1 < ids.length; counted += counted === 0 ? 2 * half : half) {
    const start = Math.max(0, counted - half);
    const { inputs, targets, lossWeights } = nextToken(ids.subarray(start, Math.min(ids.length, start + 2 * half + 1)));
    rows.push({ inputs, targets, lossWeights: lossWeights.map((weight, index) => (start + index < counted ? 0 : weight)) });
  }
  return rows;
}

/** Texts that are measured, and the tokens that they are measured in. */
export interface MeasuredTexts {
  /** The texts. */
  readonly texts: readonly string[];
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** The id that stands before each text. */
  readonly end: number;
}

const byteCount = (texts: readonly string[]): number => sumOf(texts.map((text) => new TextEncoder().encode(text).length));

/** Bits a UTF-8 byte that a model needs for texts: comparable between tokenizers, and with gzip. */
export async function bitsPerByte<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  { device, texts, tokenizer, end, context }: MeasuredTexts & { readonly device: Device; readonly context: number },
): Promise<number> {
  const rows = texts.flatMap((text) => overlapping(Int32Array.from([end, ...tokenizer.encode(text)]), context));
  const { loss, tokens } = await scoreTokens(rows, (batch) => predict(model, params, batch, { mask: causal }, device));
  return (loss * tokens) / Math.LN2 / byteCount(texts);
}

/**
 * Bits a byte when each token is predicted by how often it occurs in `documents`. With a large vocabulary this is already less than pairs of
 * bytes need: what a model adds to its tokenizer shows beside this number.
 */
export function frequencyBits(documents: readonly Int32Array[], { texts, tokenizer, end }: MeasuredTexts): number {
  const valid = texts.flatMap((text) => [...tokenizer.encode(text)]);
  const { loss, tokens } = unigramScores(joined(documents, end), valid, tokenizer.size);
  return (loss * tokens) / Math.LN2 / byteCount(texts);
}
