// Hugging Face's processors and sampling with given numbers. The tolerances are the cases' own: removed tokens are exact, scores within 2e-5 of
// float32 arithmetic, drawn tokens exact.
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import {
  allowedTokens,
  badWords,
  drawByGumbel,
  drawToken,
  endGrowsLikelier,
  epsilonCutoff,
  etaCutoff,
  forcedEnd,
  forcedStart,
  frequencyPenalty,
  minLength,
  minNewTokens,
  minP,
  noRepeatNgram,
  noSourceNgram,
  type Processor,
  probabilities,
  repairLogits,
  repetitionPenalty,
  sequenceBias,
  sourceRepetition,
  suppress,
  suppressFirst,
  temperature,
  topH,
  topK,
  topP,
  typical,
} from "./index.ts";

/** The settings of a case: each kind has its own. */
type Settings = Record<string, any>;

const table: Record<string, (p: Settings) => Processor> = {
  temperature: (p) => temperature(p.temperature),
  top_k: (p) => topK(p.k),
  top_p: (p) => topP(p.p, p.min_tokens_to_keep ? { keep: p.min_tokens_to_keep } : {}),
  min_p: (p) => minP(p.p),
  typical: (p) => typical(p.mass),
  epsilon: (p) => epsilonCutoff(p.epsilon),
  eta: (p) => etaCutoff(p.epsilon),
  top_h: (p) => topH(p.h),
  repetition: (p) => repetitionPenalty(p.penalty, p.prompt_ignore_length ? { ignore: p.prompt_ignore_length } : {}),
  encoder_repetition: (p) => sourceRepetition(p.penalty, (row) => p.encoder_ids[row]),
  no_repeat_ngram: (p) => noRepeatNgram(p.n),
  encoder_no_repeat_ngram: (p) => noSourceNgram(p.n, (row) => p.encoder_ids[row]),
  min_length: (p) => minLength(p.min_length, p.eos),
  min_new_tokens: (p) => minNewTokens(p.min_new_tokens, p.eos),
  bad_words: (p) => badWords(p.bad_words),
  sequence_bias: (p) => sequenceBias(p.biases.map(({ ids, bias }: { ids: number[]; bias: number }) => ({ tokens: ids, bias }))),
  forced_bos: (p) => forcedStart(p.bos),
  forced_eos: (p) => forcedEnd(p.max_length, p.eos),
  suppress: (p) => suppress(p.tokens),
  suppress_at_begin: (p) => suppressFirst(p.tokens),
  exponential_decay_length: (p) => endGrowsLikelier({ start: p.start, factor: p.factor, end: p.eos }),
  allowed_tokens: (p) => allowedTokens(({ row }) => p.allowed[row]),
  inf_nan_remove: repairLogits,
  frequency_presence: (p) => frequencyPenalty({ frequency: p.frequency, presence: p.presence }),
  chain: (p) => {
    const steps: Processor[] = p.steps.map((each: Settings) => table[each.kind]!(each));
    return (logits, context) => {
      for (const step of steps) step(logits, context);
    };
  },
};

const rowOf = ({ shape, data }: GoldenArray, row: number): number[] => data.slice(row * shape[1]!, (row + 1) * shape[1]!).map(Number);

/** How much of the ids is the prompt, where the case doesn't say: the counted tokens are all generated, a first token comes at its index. */
const promptLengthOf = (p: Settings): number => p.prompt_length ?? p.begin_index ?? 0;

function processed({ params, inputs, outputs, tolerance, id }: GoldenCase): void {
  const processor = table[params.kind as string]!(params);
  for (let row = 0; row < inputs.logits!.shape[0]!; row++) {
    const logits = Float32Array.from(rowOf(inputs.logits!, row));
    processor(logits, { row, ids: rowOf(inputs.input_ids!, row), promptLength: promptLengthOf(params), step: 0 });
    toClose(logits, rowOf(outputs.logits!, row), tolerance, `${id} row ${row}`);
    if (outputs.probs) toClose(probabilities(logits), rowOf(outputs.probs, row), tolerance, `${id} probabilities of row ${row}`);
  }
}

const cases = golden("generation")?.cases ?? [];
const of = (op: string): GoldenCase[] => cases.filter((each) => each.op === op);

describe("golden decoding", () => {
  test.each(of("logits_processor"))("$id", processed);

  test.each(of("sample_inverse_cdf"))("$id", ({ inputs, outputs }) => {
    const logits = Float32Array.from(numbers(inputs.logits!));
    expect((inputs.u as unknown as number[]).map((u) => drawToken(logits, u))).toEqual(outputs.tokens);
  });

  test("no case is left out: each operation has its test", () => {
    const here = ["logits_processor", "sample_inverse_cdf", "sample_gumbel"];
    const beams = ["beam_search", "beam_search_batch", "exhaustive_search", "sequence_log_prob"];
    const elsewhere = [...beams, "speculative", "speculative_greedy", "stop_strings", "guidance"];
    expect(cases.filter(({ op }) => !here.includes(op) && !elsewhere.includes(op)).map(({ id }) => id)).toEqual([]);
  });

  test.each(of("sample_gumbel"))("$id", ({ inputs, outputs }) => {
    const drawn = [0, 1].map((row) => drawByGumbel(Float32Array.from(rowOf(inputs.logits!, row)), rowOf(inputs.u!, row)));
    expect(drawn).toEqual(outputs.tokens);
  });
});
