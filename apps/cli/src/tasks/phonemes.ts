import type { Device } from "@ashlar/backend";
import { type Batch, type EncoderDecoderExample, sequenceToSequence } from "@ashlar/data";
import { collect, generate } from "@ashlar/generate";
import { type EncoderDecoder, sequenceDecoder } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import type { Tokenizer } from "@ashlar/text";
import { errorRate } from "../metrics/edit-distance.ts";
import type { Pair } from "../text/corpora.ts";
import { type SequenceModel, sequences } from "./denoising.ts";
import { groups, type Task } from "./task.ts";

/** A spelling as text of single letters, which a tokenizer of words reads: `"s y r u p"`. */
export const spelled = (word: string): string => [...word].join(" ");

/** The phonemes of a pronunciation. */
export const phonemesOf = (text: string): string[] => text.split(/\s+/).filter((phoneme) => phoneme !== "");

/** Spellings and phonemes as examples. */
export function phonemeExamples(
  pairs: readonly Pair[],
  tokenizer: Tokenizer,
  { start, end }: { readonly start: number; readonly end: number },
): EncoderDecoderExample[] {
  return pairs.map(({ source, target }) => sequenceToSequence(tokenizer.encode(spelled(source)), tokenizer.encode(target), { start, end }));
}

/** Spelling to phonemes; words of like length share a batch. */
export function phonemes<Parts>(
  model: SequenceModel<Parts>,
  { device, examples, size }: { readonly device: Device; readonly examples: readonly EncoderDecoderExample[]; readonly size: number },
): Task<ParamsOf<Parts>, Batch<EncoderDecoderExample>> {
  return sequences(model, { device, examples, lengthOf: (index) => (examples[index] as EncoderDecoderExample).inputs.length, size });
}

/** Greedy pronunciations of words. */
export async function pronounce<Parts>(
  model: EncoderDecoder<Parts>,
  params: ParamsOf<Parts>,
  words: readonly string[],
  { tokenizer, start, end, longest = 24, size = 64 }: PronounceOptions,
): Promise<string[][]> {
  const found: string[][] = [];
  for (const some of groups(words, size)) {
    const sources = some.map((word) => [...tokenizer.encode(spelled(word)), end]);
    for (const { tokens } of await collect(generate(sequenceDecoder(model, params, { start }), sources, { maxTokens: longest, stop: end })))
      found.push(phonemesOf(tokenizer.decode(tokens)));
  }
  return found;
}

/** How pronunciations are written. */
export interface PronounceOptions {
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** The id that the decoder begins with. */
  readonly start: number;
  /** The id that ends both sides. */
  readonly end: number;
  /** The most phonemes of a word. */
  readonly longest?: number;
  /** How many words are read at a time. */
  readonly size?: number;
}

/** Edits over phonemes, 0 is perfect. */
export function phonemeErrorRate(written: readonly (readonly string[])[], pairs: readonly Pair[]): number {
  return errorRate(written.map((output, index) => ({ output, reference: phonemesOf((pairs[index] as Pair).target) })));
}

/**
 * What each letter most often stands for, "" for silence: the baseline that reads one letter at a time. Letters are matched with phonemes in
 * order, first by their place in the word, then once more so that each word's match is the likeliest one under those counts.
 */
export function letterSounds(pairs: readonly Pair[], { rounds = 1 } = {}): Map<string, string> {
  const words = pairs.map(({ source, target }) => ({ letters: [...source], sounds: phonemesOf(target) }));
  let counts = new Map<string, Map<string, number>>();
  const count = (matched: readonly (readonly [string, string])[]): void => {
    for (const [letter, sound] of matched) {
      const row = counts.get(letter) ?? new Map<string, number>();
      counts.set(letter, row.set(sound, (row.get(sound) ?? 0) + 1));
    }
  };
  for (const { letters, sounds } of words)
    count(letters.map((letter, index) => [letter, sounds[Math.floor((index * sounds.length) / letters.length)] as string] as const));
  for (let round = 0; round < rounds; round++) {
    const before = counts;
    counts = new Map();
    for (const { letters, sounds } of words) count(align(letters, sounds, before));
  }
  return new Map([...counts].map(([letter, row]) => [letter, [...row].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]));
}

/** The likeliest way to give each letter one sound or none, in order. A sound without a letter costs much. */
function align(letters: readonly string[], sounds: readonly string[], counts: ReadonlyMap<string, ReadonlyMap<string, number>>): [string, string][] {
  const cost = (letter: string, sound: string): number => {
    const row = counts.get(letter);
    const total = row ? [...row.values()].reduce((sum, n) => sum + n, 0) : 0;
    return -Math.log(((row?.get(sound) ?? 0) + 0.5) / (total + 40));
  };
  const dropped = 8;
  type Path = { readonly cost: number; readonly last?: readonly [string, string]; readonly before?: Path };
  const least = (paths: readonly Path[]): Path => paths.reduce((a, b) => (b.cost < a.cost ? b : a));
  // row[n]: the best path that has used n sounds
  let row: Path[] = [];
  for (let used = 0; used <= sounds.length; used++) row.push(used === 0 ? { cost: 0 } : { cost: dropped * used });
  for (const letter of letters) {
    const next: Path[] = [];
    for (let used = 0; used <= sounds.length; used++) {
      const silent = row[used] as Path;
      const ways: Path[] = [{ cost: silent.cost + cost(letter, ""), last: [letter, ""], before: silent }];
      if (used > 0) {
        const spoken = row[used - 1] as Path;
        const sound = sounds[used - 1] as string;
        ways.push({ cost: spoken.cost + cost(letter, sound), last: [letter, sound], before: spoken });
        const skipped = next[used - 1] as Path;
        ways.push({ cost: skipped.cost + dropped, before: skipped });
      }
      next.push(least(ways));
    }
    row = next;
  }
  const found: [string, string][] = [];
  for (let path: Path | undefined = row[sounds.length]; path; path = path.before) if (path.last) found.unshift([...path.last]);
  return found;
}

/** Each letter's most frequent sound. */
export const soundOut = (word: string, sounds: ReadonlyMap<string, string>): string[] =>
  [...word].map((letter) => sounds.get(letter) ?? "").filter((sound) => sound !== "");
