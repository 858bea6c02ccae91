import type { Device } from "@ashlar/backend";
import { type Batch, batches, type Example, prefixLanguageModel } from "@ashlar/data";
import { collect, generate, greedy, noRepeatNgram } from "@ashlar/generate";
import { causal, type Mask, or, prefix } from "@ashlar/mask";
import { checkObjective, decoder, type LanguageModel } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import type { Tokenizer } from "@ashlar/text";
import type { Pair } from "../text/corpora.ts";
import { meanLoss, predict, scoreTokens, type TokenScores } from "./score.ts";
import { groups, sumOf, type Task } from "./task.ts";

/** How pairs become one row: source, separator, target, end. */
export interface TranslationForm {
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** The id between source and target. */
  readonly separator: number;
  /** The id behind the target. */
  readonly end: number;
  /** The most tokens a row has; longer pairs are left out. */
  readonly context: number;
}

/** Pairs as examples: the source and its separator see each other, the loss counts the target. */
export function translationExamples(pairs: readonly Pair[], { tokenizer, separator, end, context }: TranslationForm): Example[] {
  return pairs
    .map(({ source, target }) => prefixLanguageModel([...tokenizer.encode(source), separator], tokenizer.encode(target), { end }))
    .filter(({ inputs }) => inputs.length <= context);
}

/** Both ways inside the source, causal after it. */
export const translationMask = (lengths: number | readonly number[]): Mask => or(causal, prefix(lengths));

const maskOf = (batch: Batch<Example>): Mask => translationMask(Array.from(batch.prefix as Int32Array));

/** Conditional generation with a prefix mask; pairs of like length share a batch. */
export function translation<Parts>(
  model: LanguageModel<Parts>,
  { device, examples, size }: { readonly device: Device; readonly examples: readonly Example[]; readonly size: number },
): Task<ParamsOf<Parts>, Batch<Example>> {
  return {
    perEpoch: Math.ceil(examples.length / size),
    batches: (seed) => batches(examples, { size, seed, lengthOf: (index) => (examples[index] as Example).inputs.length, multiple: 4 }),
    loss: (params, batch, pass) => meanLoss(predict(model, params, batch, { ...pass, mask: maskOf(batch) }, device), device),
    tokens: (batch) => sumOf(batch.inputs.lengths),
    check: checkObjective,
  };
}

/** Loss and accuracy of the target's tokens, each predicted from the source and the true tokens before it. */
export function translationScores<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  { device, examples }: { readonly device: Device; readonly examples: readonly Example[] },
): Promise<TokenScores> {
  return scoreTokens(examples, (batch) => predict(model, params, batch, { mask: maskOf(batch) }, device));
}

/** Greedy translations. */
export async function translate<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  sources: readonly string[],
  { tokenizer, separator, end, longest = 80, repeats = 2, size = 16, signal }: Omit<TranslationForm, "context"> & TranslateOptions,
): Promise<string[]> {
  const written: string[] = [];
  for (const some of groups(sources, size)) {
    const prompts = some.map((source) => [...tokenizer.encode(source), separator]);
    const pieces = generate(decoder(model, params, { mask: translationMask }), prompts, {
      sample: [noRepeatNgram(repeats), greedy()],
      maxTokens: longest,
      stop: end,
      ...(signal ? { signal } : {}),
    });
    for (const { tokens } of await collect(pieces)) written.push(tokenizer.decode(tokens).trim());
  }
  return written;
}

/** How translations are written. */
export interface TranslateOptions {
  /** The most tokens of a translation. */
  readonly longest?: number;
  /** No run of so many tokens is written twice: a model that knows little would say one thing for ever. */
  readonly repeats?: number;
  /** How many are written at a time. */
  readonly size?: number;
  /** Ends it with what is there. */
  readonly signal?: AbortSignal;
}

/** The text that is right most often when nothing is read: the most frequent words of the targets, as many as a target has on average. */
export function frequentWords(targets: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of targets.flatMap((text) => text.split(/\s+/))) counts.set(word, (counts.get(word) ?? 0) + 1);
  const length = Math.round(sumOf(targets.map((text) => text.split(/\s+/).length)) / targets.length);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return byCount
    .slice(0, length)
    .map(([word]) => word)
    .join(" ");
}
