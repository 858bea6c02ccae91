import { define } from "@ashlar/nn";
import { fromData } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { rotate } from "../op/rotary.ts";
import { remembered } from "../remembered.ts";
import { positionsAt } from "./places.ts";
import type { Positioning, PositionScene } from "./position.ts";

/** How rotary positions turn. */
export interface RotaryOptions {
  /** The base of the wavelengths; 10,000 unless said. */
  readonly theta?: number;
  /** How many numbers of a head turn, an even number; all unless said. */
  readonly dims?: number;
  /** Whether neighbours (2i, 2i + 1) are pairs, as in the paper and GPT-J; else (i, i + half), as in GPT-NeoX and Llama. */
  readonly interleaved?: boolean;
  /** How it stretches to texts longer than it was trained on, such as `yarn(…)`; not at all unless said. */
  readonly scaling?: RotaryScaling;
}

/** What a scaling is told. */
export interface RotaryShape {
  /** How many numbers of a head turn. */
  readonly dims: number;
  /** The base of the wavelengths. */
  readonly theta: number;
  /** The length of the text: the largest position in this call, and one. */
  readonly length: number;
}

/** What a scaling gives. */
export interface ScaledRotary {
  /** Radians a position, for each of dims / 2 pairs. */
  readonly frequencies: Float64Array;
  /** Multiplies cos and sin, and so scores by its square; 1 unless said. */
  readonly magnitude?: number;
}

/** New frequencies for longer texts: a function of the shape, so that any rule can be handed in. */
export type RotaryScaling = (shape: RotaryShape) => ScaledRotary;

/**
 * The angles' frequencies: `theta^(−2i / dims)` for each of dims/2 pairs, radians a position.
 *
 * @throws AttentionError unless dims is even and above 0.
 */
export function rotaryFrequencies(dims: number, theta: number): Float64Array {
  if (!(dims > 0) || dims % 2 !== 0) throw new AttentionError(`rotary: expected an even number of dims, got ${dims}`);
  return Float64Array.from({ length: dims / 2 }, (_, pair) => theta ** ((-2 * pair) / dims));
}

/** cos and sin of position · frequency, times the magnitude: float32 [positions, pairs] each, computed in float64. */
export function rotaryTables(
  positions: ArrayLike<number>,
  frequencies: Float64Array,
  magnitude = 1,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const pairs = frequencies.length;
  const [cos, sin] = [new Float32Array(positions.length * pairs), new Float32Array(positions.length * pairs)];
  for (let place = 0; place < positions.length; place++)
    for (let pair = 0; pair < pairs; pair++) {
      const angle = (positions[place] as number) * (frequencies[pair] as number);
      cos[place * pairs + pair] = magnitude * Math.cos(angle);
      sin[place * pairs + pair] = magnitude * Math.sin(angle);
    }
  return { cos, sin };
}

/**
 * Rotary positions (Su et al. 2021, arXiv 2104.09864): queries and keys turn by angles proportional to their positions, so that scores
 * depend on distances. Pair i at position p turns by `p · theta^(−2i / dims)`.
 *
 * @throws AttentionError when dims is odd or more than a head has.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary, yarn } from "@ashlar/attention";
 * const llama = multiHeadAttention({ dim: 64, heads: 4, kvHeads: 2, position: rotary({ theta: 500_000 }) });
 * const neox = multiHeadAttention({ dim: 64, heads: 4, position: rotary({ dims: 4 }) }); // a quarter of each head turns
 * const long = multiHeadAttention({ dim: 64, heads: 4, position: rotary({ scaling: yarn({ factor: 4, original: 2048 }) }) });
 * ```
 */
export const rotary = ({ theta = 10_000, dims, interleaved = false, scaling }: RotaryOptions = {}) =>
  define(
    {},
    (_, { device, shared }: PositionScene): Positioning => ({
      rotate: (heads, place) => {
        const headDim = heads.shape[3] as number;
        const turning = dims ?? headDim;
        if (turning > headDim) throw new AttentionError(`rotary: expected dims of at most the head's ${headDim}, got ${turning}`);
        const [start, end] = place.range;
        const tables = remembered((moved) => {
          const at = positionsAt(place, moved);
          const length = at.reduce((most, position) => Math.max(most, position), 0) + 1;
          const { frequencies, magnitude } = scaling
            ? scaling({ dims: turning, theta, length })
            : { frequencies: rotaryFrequencies(turning, theta), magnitude: undefined };
          return rotaryTables(at, frequencies, magnitude);
        });
        const make = () => {
          const { cos, sin } = tables(0);
          const shape = [cos.length / (end - start) / (turning / 2), end - start, turning / 2];
          const turned = (part: "cos" | "sin") => fromData(part === "cos" ? cos : sin, shape, { device, replayed: (moved) => tables(moved)[part] });
          return [turned("cos"), turned("sin")] as const;
        };
        const [cos, sin] = shared.once(`rotary ${theta} ${turning} ${start} ${end}`, make, [place.positions, scaling]);
        return rotate(heads, cos, sin, { interleaved });
      },
    }),
  );
