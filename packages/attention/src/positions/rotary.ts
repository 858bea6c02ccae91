import { define } from "@ashlar/nn";
import { fromData } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { rotate } from "../op/rotary.ts";
import type { Positioning, PositionScene, RotationPlace } from "./position.ts";

/** How rotary positions turn. */
export interface RotaryOptions {
  /** The base of the wavelengths; 10,000 unless said. */
  readonly theta?: number;
  /** How many numbers of a head turn; all unless said. */
  readonly dims?: number;
  /** Whether neighbours (2i, 2i + 1) are pairs, as in the paper and GPT-J; else (i, i + half), as in GPT-NeoX and Llama. */
  readonly interleaved?: boolean;
}

/** The angles' frequencies: `theta^(−2i / dims)` for each of dims/2 pairs, radians a position. */
export function rotaryFrequencies(dims: number, theta: number): Float64Array {
  if (dims <= 0 || dims % 2 !== 0) throw new AttentionError(`rotary: expected an even number of dims, got ${dims}`);
  return Float64Array.from({ length: dims / 2 }, (_, pair) => theta ** ((-2 * pair) / dims));
}

/** cos and sin of position · frequency, float32 [positions, pairs] each, computed in float64. */
export function rotaryTables(positions: ArrayLike<number>, frequencies: Float64Array): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const pairs = frequencies.length;
  const [cos, sin] = [new Float32Array(positions.length * pairs), new Float32Array(positions.length * pairs)];
  for (let place = 0; place < positions.length; place++)
    for (let pair = 0; pair < pairs; pair++) {
      const angle = (positions[place] as number) * (frequencies[pair] as number);
      cos[place * pairs + pair] = Math.cos(angle);
      sin[place * pairs + pair] = Math.sin(angle);
    }
  return { cos, sin };
}

/**
 * Rotary positions (Su et al. 2021, arXiv 2104.09864): queries and keys turn by angles proportional to their positions, so that scores
 * depend on distances.
 */
export const rotary = ({ theta = 10_000, dims, interleaved = false }: RotaryOptions = {}) =>
  define(
    {},
    (_, { device, shared }: PositionScene): Positioning => ({
      rotate: (heads, { range: [start, end], positions }: RotationPlace) => {
        const headDim = heads.shape[3] as number;
        const turning = dims ?? headDim;
        if (turning > headDim) throw new AttentionError(`rotary: expected dims of at most the head's ${headDim}, got ${turning}`);
        const time = end - start;
        const rows = positions ? positions.length / time : 1;
        // explicit positions are the same for all layers of a call, so the range tells them apart
        const key = `rotary ${theta} ${turning} ${start} ${end} ${positions ? "own" : "index"}`;
        const [cos, sin] = shared.once(key, () => {
          const at = positions ?? Int32Array.from({ length: time }, (_, index) => start + index);
          const tables = rotaryTables(at, rotaryFrequencies(turning, theta));
          const shape = [rows, time, turning / 2];
          return [fromData(tables.cos, shape, { device }), fromData(tables.sin, shape, { device })];
        });
        return rotate(heads, cos, sin, { interleaved });
      },
    }),
  );
