import { randomStream } from "@ashlar/data";
import { exactMatch, spanF1 } from "../metrics/span.ts";
import type { SpanQuestion } from "../text/corpora.ts";
import { sumOf } from "./task.ts";

/** Where an answer may begin and end: whole words only. */
export interface SpanPlaces {
  /** Tokens that begin a word. */
  readonly starts: readonly boolean[];
  /** Tokens that end one. */
  readonly ends: readonly boolean[];
}

/** How likely an answer is to have so many words: log-probabilities, from 1 word on. */
export type AnswerLengths = (words: number) => number;

/** The lengths of known answers, each counted once more. */
export function answerLengths(questions: readonly SpanQuestion[]): AnswerLengths {
  const counts = new Map<number, number>();
  for (const { answer: text } of questions) counts.set(wordsOf(text).length, (counts.get(wordsOf(text).length) ?? 0) + 1);
  return (words) => Math.log(((counts.get(words) ?? 0) + 1) / (questions.length + 1));
}

/**
 * The best span of a sentence's tokens: whole words, with the highest sum of both logits and of what its number of words says. Undefined
 * where there is no word.
 */
export function bestSpan(
  start: ArrayLike<number>,
  end: ArrayLike<number>,
  { starts, ends }: SpanPlaces,
  lengths: AnswerLengths = () => 0,
): readonly [first: number, last: number] | undefined {
  let best: [number, number] | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (let first = 0; first < start.length; first++) {
    if (!starts[first]) continue;
    let words = 0;
    for (let last = first; last < start.length; last++) {
      if (starts[last]) words++;
      const score = (start[first] as number) + (end[last] as number) + lengths(words);
      if (ends[last] && score > most) [most, best] = [score, [first, last]];
    }
  }
  return best;
}

/** Shares of answers that are right, and mean F1, 0 … 1. */
export interface SpanScores {
  /** Right, after SQuAD's normalisation. */
  readonly exact: number;
  /** The mean F1 of words. */
  readonly f1: number;
}

/** Answers beside what is right. */
export function spanScores(answers: readonly string[], questions: readonly SpanQuestion[]): SpanScores {
  const mean = (score: (output: string, reference: string) => number): number =>
    sumOf(answers.map((output, index) => score(output, (questions[index] as SpanQuestion).answer))) / answers.length;
  return { exact: mean(exactMatch), f1: mean(spanF1) };
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** A random span of each sentence: first and last word drawn alike from all pairs in order. */
export function randomSpans(questions: readonly SpanQuestion[], seed: number): string[] {
  const random = randomStream(seed);
  return questions.map(({ context }) => {
    const words = wordsOf(context);
    const pairs = words.flatMap((_, first) => words.slice(first).map((__, length) => [first, first + length + 1] as const));
    return words.slice(...(pairs[random.below(pairs.length)] as readonly [number, number])).join(" ");
  });
}

/** A random word of each sentence. Most answers are one word, so this is harder to beat than a random span. */
export function randomWords(questions: readonly SpanQuestion[], seed: number): string[] {
  const random = randomStream(seed);
  return questions.map(({ context }) => {
    const words = wordsOf(context);
    return words[random.below(words.length)] as string;
  });
}
