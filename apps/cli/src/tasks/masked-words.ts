import type { Device } from "@ashlar/backend";
import { type Batch, batches, type Example, independentNoise, maskedLanguageModel, prepare } from "@ashlar/data";
import { padding } from "@ashlar/mask";
import { checkObjective, type LanguageModel } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import { meanLoss, predict, scoreTokens, type TokenScores } from "./score.ts";
import { sumOf, type Task } from "./task.ts";

/** What masked-language-model pretraining works on. */
export interface MaskedWordsOptions {
  /** Where the model lives. */
  readonly device: Device;
  /** Rows of token ids, framed as the encoder reads them. */
  readonly rows: readonly Int32Array[];
  /** The id of the mask token. */
  readonly mask: number;
  /** The size of the vocabulary. */
  readonly vocab: number;
  /** Ids that are never masked. */
  readonly special: readonly number[];
  /** The share of tokens that are hidden. */
  readonly density: number;
  /** Rows a batch. */
  readonly size: number;
}

const seen = (batch: Batch<Example>) => padding(Array.from(batch.inputs.lengths));

/** Masked language modelling (Devlin et al. 2019): hidden tokens are to be guessed from both sides; others in every epoch. */
export function maskedWords<Parts>(
  model: LanguageModel<Parts>,
  { device, rows, mask, vocab, special, density, size }: MaskedWordsOptions,
): Task<ParamsOf<Parts>, Batch<Example>> {
  const examples = prepare(rows, (row, seed) => maskedLanguageModel(row, { mask, vocab, special, noise: independentNoise({ density }), seed }));
  return {
    perEpoch: Math.ceil(rows.length / size),
    batches: (seed) => batches(examples, { size, seed, lengthOf: (index) => (rows[index] as Int32Array).length, multiple: 4 }),
    loss: (params, batch, pass) => meanLoss(predict(model, params, batch, { ...pass, mask: seen(batch) }, device), device),
    tokens: (batch) => sumOf(batch.inputs.lengths),
    check: checkObjective,
  };
}

/** Rows with the masks of one fixed draw, for measuring. */
export function maskedOnce(
  rows: readonly Int32Array[],
  { mask, vocab, special, density }: Pick<MaskedWordsOptions, "mask" | "vocab" | "special" | "density">,
  seed: number,
): Example[] {
  return rows.map((row, index) => maskedLanguageModel(row, { mask, vocab, special, noise: independentNoise({ density }), seed: seed + index }));
}

/** Loss and accuracy of the masked tokens. */
export function maskedScores<Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>, examples: readonly Example[], device: Device): Promise<TokenScores> {
  return scoreTokens(examples, (batch) => predict(model, params, batch, { mask: seen(batch) }, device));
}
