import {
  concatAndChunk,
  type EncoderDecoderExample,
  type Example,
  type Examples,
  independentNoise,
  maskedLanguageModel,
  nextToken,
  prefixLanguageModel,
  prefixRange,
  prepare,
  randomStream,
  sequenceToSequence,
  spanCorruption,
  spanCorruptionLengths,
} from "@ashlar/data";
import type { Tokenizer } from "@ashlar/text";
import { CliError } from "../console/error.ts";
import type { MaskName } from "../run/record.ts";
import type { Recipe } from "./recipe.ts";
import type { Texts } from "./texts.ts";

/** What a model learns from and is measured on. */
export interface Prepared<E> {
  /** What it learns from. */
  readonly train: Examples<E>;
  /** What it is measured on. */
  readonly valid: Examples<E>;
  /** How many pairs were longer than the context, and left out. */
  readonly leftOut: number;
  /** Which positions see which. */
  readonly mask: MaskName;
  /** Ids that follow every prompt or source. */
  readonly promptEnd: readonly number[];
}

/** Examples for one stack, or for two. */
export type AnyPrepared = ({ readonly stacks: 1 } & Prepared<Example>) | ({ readonly stacks: 2 } & Prepared<EncoderDecoderExample>);

interface Pair {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

/** A data set in two. */
interface Split<T> {
  readonly train: readonly T[];
  readonly valid: readonly T[];
}

/**
 * The examples of a recipe's objective.
 *
 * @param texts what to learn from
 * @param apart what to measure on, where the recipe names a file of its own
 * @throws CliError when there is too little text for one row of the context, or nothing left to measure on.
 */
export function prepareExamples(recipe: Recipe, texts: Texts, apart: Texts | undefined, tokenizer: Tokenizer): AnyPrepared {
  const { objective, context } = recipe;
  const { eos, pad = 0 } = tokenizer.special;
  const end = eos === undefined ? {} : { end: eos };
  const rowsOf = (length: number, overlap = 0): Split<Int32Array> =>
    splitOf(recipe, texts, apart, (some) => rows(some, tokenizer, { length, overlap, file: recipe.data.file }));
  switch (objective.name) {
    case "next-token":
      return { stacks: 1, ...both(rowsOf(context + 1, 1), (row) => nextToken(row)), mask: "causal", promptEnd: [], leftOut: 0 };
    case "masked": {
      const settings = {
        mask: tokenizer.special.mask as number,
        vocab: tokenizer.size,
        special: tokenizer.specialIds,
        noise: independentNoise({ density: objective.density }),
      };
      return { stacks: 1, ...both(rowsOf(context), (row, seed) => maskedLanguageModel(row, { ...settings, seed })), mask: "full", promptEnd: [], leftOut: 0 };
    }
    case "span-corruption": {
      const { density, meanSpan } = objective;
      const vocab = (tokenizer.id("<extra_id_0>") as number) + 1;
      const settings = { density, meanSpan, vocab, start: pad, ...end };
      const made = both(rowsOf(spanCorruptionLengths(context, { density, meanSpan }).tokens), (row, seed) => spanCorruption(row, { ...settings, seed }));
      return { stacks: 2, ...made, mask: "full", promptEnd: eos === undefined ? [] : [eos], leftOut: 0 };
    }
    case "sequence-to-sequence": {
      const { split, leftOut } = pairsOf(recipe, texts, apart, tokenizer, ({ source, target }) => Math.max(source.length, target.length) + 1 <= context);
      const made = both(split, ({ source, target }) => sequenceToSequence(source, target, { start: pad, ...end }));
      return { stacks: 2, ...made, mask: "full", promptEnd: eos === undefined ? [] : [eos], leftOut };
    }
    case "prefix": {
      if ("documents" in texts) {
        const cut = (row: Int32Array, seed: number): Example => {
          const { least, most } = prefixRange(row.length, 0.5);
          const at = least + randomStream(seed).below(most - least + 1);
          return prefixLanguageModel(row.subarray(0, at), row.subarray(at));
        };
        return { stacks: 1, ...both(rowsOf(context + 1), cut), mask: "or(causal, prefix)", promptEnd: [], leftOut: 0 };
      }
      // the end of the source is marked by the token that ends texts
      const promptEnd = eos === undefined ? [] : [eos];
      const { split, leftOut } = pairsOf(recipe, texts, apart, tokenizer, ({ source, target }) => source.length + target.length + 1 <= context);
      const made = both(split, ({ source, target }) => prefixLanguageModel([...source, ...promptEnd], target, end));
      return { stacks: 1, ...made, mask: "or(causal, prefix)", promptEnd, leftOut };
    }
  }
}

/** Both halves as examples, drawn anew in every epoch. */
function both<T, E>({ train, valid }: Split<T>, make: (item: T, seed: number) => E): { readonly train: Examples<E>; readonly valid: Examples<E> } {
  return { train: prepare(train, make), valid: prepare(valid, make) };
}

/** The rows of documents, cut from one stream. */
function rows(
  texts: Texts,
  tokenizer: Tokenizer,
  { length, overlap, file }: { readonly length: number; readonly overlap: number; readonly file: string },
): Int32Array[] {
  if (!("documents" in texts)) throw new CliError(`${file}: expected documents, got pairs`);
  const documents = texts.documents.map((document) => tokenizer.encode(document, { addSpecialTokens: false }));
  const { eos } = tokenizer.special;
  const tokens = documents.reduce((sum, ids) => sum + ids.length + (eos === undefined ? 0 : 1), 0);
  if (tokens < length) throw new CliError(`${file}: its ${tokens} tokens are less than one row of ${length}; take a shorter context or more text`);
  return concatAndChunk(documents, { length, overlap, ...(eos === undefined ? {} : { end: eos }) });
}

/** Cuts off the last share of the rows, so that no text stands on both sides, or takes the rows of a file of their own. */
function splitOf<T>({ data }: Recipe, texts: Texts, apart: Texts | undefined, rowsOf: (texts: Texts) => readonly T[]): Split<T> {
  const all = rowsOf(texts);
  if (apart) return { train: all, valid: rowsOf(apart) };
  const held = Math.max(1, Math.round(all.length * (data.validation as number)));
  if (held >= all.length)
    throw new CliError(
      `${data.file}: ${all.length === 1 ? "its one row leaves" : `its ${all.length} rows leave`} nothing to learn from once ${held} are kept for validation; give more text, or a validation file`,
    );
  return { train: all.slice(0, -held), valid: all.slice(-held) };
}

function pairsOf(
  recipe: Recipe,
  texts: Texts,
  apart: Texts | undefined,
  tokenizer: Tokenizer,
  fits: (pair: Pair) => boolean,
): { readonly split: Split<Pair>; readonly leftOut: number } {
  let leftOut = 0;
  const encode = (text: string): Int32Array => tokenizer.encode(text, { addSpecialTokens: false });
  const split = splitOf(recipe, texts, apart, (some): Pair[] => {
    if (!("pairs" in some)) throw new CliError(`${recipe.data.file}: expected pairs, got documents`);
    const all = some.pairs
      .map(({ source, target }) => ({ source: encode(source), target: encode(target) }))
      .filter(({ source, target }) => source.length + target.length > 0);
    const fitting = all.filter(fits);
    if (fitting.length === 0)
      throw new CliError(`${recipe.data.file}: none of its ${all.length} pairs fits a context of ${recipe.context} tokens; take a longer one`);
    leftOut += all.length - fitting.length;
    return fitting;
  });
  return { split, leftOut };
}
