import { define } from "@ashlar/nn";
import { fromData } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { distancesOf } from "./places.ts";
import type { Positioning, PositionScene } from "./position.ts";

/**
 * The slopes of ALiBi's heads: for n a power of two the geometric series 2^(−8/n), 2^(−16/n), …; else those of the power below and then
 * every other one of the power above.
 *
 * @throws AttentionError unless heads is a whole number of at least 1.
 */
export function alibiSlopes(heads: number): number[] {
  if (!Number.isInteger(heads) || heads < 1) throw new AttentionError(`alibi: expected a whole number of heads of at least 1, got ${heads}`);
  const series = (count: number): number[] => Array.from({ length: count }, (_, head) => 2 ** ((-8 * (head + 1)) / count));
  const below = 2 ** Math.floor(Math.log2(heads));
  const extra = series(2 * below).filter((_, index) => index % 2 === 0);
  return [...series(below), ...extra].slice(0, heads);
}

/**
 * Attention with linear biases (Press et al. 2021, arXiv 2108.12409): scores fall by `slope · |key − query|`, each head with its slope. No
 * weights, any length, any number of heads.
 *
 * @throws AttentionError unless heads is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { alibi, multiHeadAttention } from "@ashlar/attention";
 * const layer = multiHeadAttention({ dim: 48, heads: 6, position: alibi({ heads: 6 }) });
 * ```
 */
export const alibi = ({ heads }: { readonly heads: number }) => {
  const slopes = alibiSlopes(heads);
  return define({}, (_, scene: PositionScene): Positioning => {
    const { firstDistance, distances } = distancesOf(scene);
    const [table] = scene.shared.once(`alibi ${heads} ${firstDistance} ${distances}`, () => {
      const data = slopes.flatMap((slope) => Array.from({ length: distances }, (_, column) => -slope * Math.abs(firstDistance + column)));
      return [fromData(Float32Array.from(data), [heads, distances], { device: scene.device, replayed: "same" })];
    });
    return { bias: { table, firstDistance } };
  });
};
