import { intervene, taps } from "@ashlar/attention";
import { scoped, slice, softmax, type Tensor } from "@ashlar/tensor";
import type { Tokenizer } from "@ashlar/text";
import { type Subject, tokenName } from "./subject.ts";

/** The attention of one layer. */
export interface LayerAttention {
  /** Which layer, from 0. */
  readonly layer: number;
  /** [heads, queries, keys]. */
  readonly weights: Float32Array;
  /** How many heads. */
  readonly heads: number;
}

/** What a layer's states would say if they were the last. */
export interface Guess {
  /** What was looked at, as taps name it: `inputs`, `stack.blocks.3`. */
  readonly name: string;
  /** The likeliest tokens. */
  readonly tokens: readonly { readonly id: number; readonly token: string; readonly probability: number }[];
}

/** The weights of attention of every layer, from one run of the model. */
export async function attentionOf({ stack, attention, run }: Subject): Promise<LayerAttention[]> {
  const seen = taps([`${stack}.blocks.*.${attention}.weights`]);
  run({ taps: seen });
  const found: LayerAttention[] = [];
  for (const [layer, weights] of seen.all(`${stack}.blocks.*.${attention}.weights`).entries())
    found.push({ layer, weights: (await weights.data()) as Float32Array, heads: weights.shape[1] as number });
  return found;
}

/**
 * The logit lens (nostalgebraist 2020): the states of each layer, put in the place of the last one's, go through the final norm and the head.
 * The last line is what the model says.
 */
export async function logitLens(
  { predicts, run }: Subject,
  tokenizer: Tokenizer,
  { top, at }: { readonly top: number; readonly at: number },
): Promise<Guess[]> {
  if (!predicts) return [];
  const { stack } = predicts;
  const inputs = stack === "stack" ? "inputs" : `${stack}.inputs`;
  const seen = taps([inputs, `${stack}.blocks.*`]);
  run({ taps: seen });
  const names = seen.names;
  const last = names.at(-1) as string;
  const guesses: Guess[] = [];
  for (const name of names) {
    const probabilities = scoped(() => {
      const instead = intervene({ [last]: () => seen.get(name) });
      return softmax(slice(run({ interventions: instead }) as Tensor, 1, { start: at, end: at + 1 }));
    });
    const all = (await probabilities.data()) as Float32Array;
    const best = Array.from(all.keys())
      .sort((a, b) => (all[b] as number) - (all[a] as number))
      .slice(0, top);
    guesses.push({ name, tokens: best.map((id) => ({ id, token: tokenName(tokenizer, id), probability: all[id] as number })) });
  }
  return guesses;
}

/** One head's weights, or the mean of all: [queries, keys]. */
export function headOf({ weights, heads }: LayerAttention, head: number | undefined): Float32Array {
  const size = weights.length / heads;
  if (head !== undefined) return weights.slice(head * size, (head + 1) * size);
  return Float32Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let each = 0; each < heads; each++) sum += weights[each * size + at] as number;
    return sum / heads;
  });
}
