import type { Mask } from "@ashlar/mask";

/** The sizes of a problem. */
export interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly valueDim: number;
}

/** Everything attention reads, on the host. */
export interface Problem extends Sizes {
  readonly mask: Mask;
  readonly start: number;
  readonly scale: number;
  readonly softcap: number | undefined;
  /** Added to a head's score of a pair at these positions in this row. */
  readonly bias: (row: number, head: number, query: number, key: number) => number;
  /** One number a head, or none. */
  readonly sinks: ArrayLike<number> | undefined;
  /** By what a weight is multiplied, by its place among [batch, heads, queries, keys]. */
  readonly kept: (place: number) => number;
}

/** Numbers in the layouts [batch, time, heads, dim]. */
export interface Heads {
  readonly query: ArrayLike<number>;
  readonly key: ArrayLike<number>;
  readonly value: ArrayLike<number>;
}

/** Attention as the formula says it, one number at a time, in float64: [batch, queries, heads, valueDim]. */
export function naiveAttention(problem: Problem, { query, key, value }: Heads): Float64Array {
  const { batch, queries, keys, heads, kvHeads, headDim, valueDim, mask, start, scale, softcap, bias, sinks, kept } = problem;
  const context = new Float64Array(batch * queries * heads * valueDim);
  for (let row = 0; row < batch; row++)
    for (let head = 0; head < heads; head++)
      for (let i = 0; i < queries; i++) {
        const shared = Math.floor(head / (heads / kvHeads));
        const seen = Array.from({ length: keys }, (_, j) => j).filter((j) => mask.allows(start + i, j, row));
        const scores = seen.map((j) => {
          let product = 0;
          for (let d = 0; d < headDim; d++)
            product +=
              (query[((row * queries + i) * heads + head) * headDim + d] as number) * (key[((row * keys + j) * kvHeads + shared) * headDim + d] as number);
          const scaled = scale * product;
          return (softcap === undefined ? scaled : softcap * Math.tanh(scaled / softcap)) + bias(row, head, start + i, j);
        });
        const total = scores.reduce((sum, score) => sum + Math.exp(score), sinks ? Math.exp(sinks[head] as number) : 0);
        for (const [place, j] of seen.entries()) {
          const weight = (Math.exp(scores[place] as number) / total) * kept(((row * heads + head) * queries + i) * keys + j);
          for (let d = 0; d < valueDim; d++) {
            const at = ((row * queries + i) * heads + head) * valueDim + d;
            context[at] = (context[at] as number) + weight * (value[((row * keys + j) * kvHeads + shared) * valueDim + d] as number);
          }
        }
      }
  return context;
}
