import { define } from "@ashlar/nn";
import { fromData } from "@ashlar/tensor";
import type { Positioning, PositionScene } from "./position.ts";

/**
 * The slopes of ALiBi's heads: for n a power of two the geometric series 2^(−8/n), 2^(−16/n), …; else those of the power below and then
 * every other one of the power above.
 */
export function alibiSlopes(heads: number): number[] {
  const series = (count: number): number[] => Array.from({ length: count }, (_, head) => 2 ** ((-8 * (head + 1)) / count));
  const below = 2 ** Math.floor(Math.log2(heads));
  const extra = series(2 * below).filter((_, index) => index % 2 === 0);
  return [...series(below), ...extra].slice(0, heads);
}

/** Attention with linear biases (Press et al. 2021, arXiv 2108.12409): scores fall by `slope · |key − query|`, each head with its slope. */
export const alibi = ({ heads }: { readonly heads: number }) =>
  define({}, (_, { queries, keys, device, shared }: PositionScene): Positioning => {
    const firstDistance = keys[0] - (queries[1] - 1);
    const distances = keys[1] - 1 - queries[0] - firstDistance + 1;
    const [table] = shared.once(`alibi ${heads} ${firstDistance} ${distances}`, () => {
      const data = alibiSlopes(heads).flatMap((slope) => Array.from({ length: distances }, (_, column) => -slope * Math.abs(firstDistance + column)));
      return [fromData(Float32Array.from(data), [heads, distances], { device })];
    });
    return { bias: { table, firstDistance } };
  });
