import { finite, onlyKnown, positive, wholeNumber } from "../check.ts";
import { type Processor, type TokensOfRow, tokensOf } from "./processor.ts";

/** Divides positive scores and multiplies negative ones, once a token. */
function penalise(logits: Float32Array, tokens: Iterable<number>, penalty: number): void {
  for (const token of new Set(tokens)) {
    const logit = logits[token];
    if (logit !== undefined) logits[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
}

/** Which tokens count as repeated. */
export interface RepetitionOptions {
  /** How many of the first tokens don't count. Default: 0, so the whole prompt does. */
  readonly ignore?: number;
}

/**
 * Makes tokens that were seen less likely: their scores are divided by the penalty, negative ones multiplied, Keskar et al. 2019,
 * [arXiv 1909.05858](https://arxiv.org/abs/1909.05858). Once a token, however often it came; the prompt counts. Below 1 it encourages.
 *
 * @throws GenerateError unless the penalty is above 0.
 */
export function repetitionPenalty(penalty: number, options: RepetitionOptions = {}): Processor {
  positive("repetitionPenalty", "penalty", penalty);
  onlyKnown("repetitionPenalty", options, ["ignore"]);
  const { ignore = 0 } = options;
  wholeNumber("repetitionPenalty", "ignore", ignore);
  return (logits, { ids }) => penalise(logits, ids.slice(ignore), penalty);
}

/** The other way round for the tokens of a source: a penalty above 1 makes them more likely, against inventions. */
export function sourceRepetition(penalty: number, source: TokensOfRow): Processor {
  positive("sourceRepetition", "penalty", penalty);
  return (logits, { row }) => penalise(logits, tokensOf(source, row), 1 / penalty);
}

/** How repetitions are counted against a token. */
export interface FrequencyOptions {
  /** Taken off a score for each time its token was generated. Default: 0. */
  readonly frequency?: number;
  /** Taken off a score once its token was generated. Default: 0. */
  readonly presence?: number;
}

/** `logit − count · frequency − (count > 0) · presence`, counted over the generated tokens alone: the penalties of the OpenAI API. */
export function frequencyPenalty(options: FrequencyOptions): Processor {
  onlyKnown("frequencyPenalty", options, ["frequency", "presence"]);
  const { frequency = 0, presence = 0 } = options;
  finite("frequencyPenalty", "frequency", frequency);
  finite("frequencyPenalty", "presence", presence);
  return (logits, { ids, promptLength }) => {
    const counts = new Map<number, number>();
    for (const token of ids.slice(promptLength)) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const [token, count] of counts) if (token < logits.length) logits[token] = (logits[token] as number) - count * frequency - presence;
  };
}
