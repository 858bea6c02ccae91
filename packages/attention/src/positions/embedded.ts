import type { Device } from "@ashlar/backend";
import { type AnyModule, define, type Initial, normal, param } from "@ashlar/nn";
import { expandDims, fromData, slice, type Tensor, take } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import type { RotationPlace } from "./position.ts";

/** Where states stand that get a position added. */
export interface EmbeddedPlace extends RotationPlace {
  /** Where tensors are made. */
  readonly device: Device;
}

/** A position scheme that adds to the embeddings: gives [1 or batch, time, dim]. */
export type EmbeddedPosition = AnyModule<[place: EmbeddedPlace], Tensor>;

/**
 * A learned vector for each position (GPT-2, BERT). `offset` is added to every position, as BART and RoBERTa have it.
 *
 * @throws AttentionError when a position is beyond the table.
 */
export const learnedPositions = (
  count: number,
  dim: number,
  { offset = 0, initial = normal(0.02) }: { readonly offset?: number; readonly initial?: Initial } = {},
) =>
  define({ weight: param([count + offset, dim], initial, { lookup: true }) }, ({ weight }, place: EmbeddedPlace): Tensor => {
    const [start, end] = place.range;
    const last = place.positions ? place.positions.reduce((most, position) => Math.max(most, position), 0) : end - 1;
    if (last >= count) throw new AttentionError(`learnedPositions: expected positions below ${count}, got ${last}; make the table longer or the text shorter`);
    if (!place.positions) return expandDims(slice(weight, 0, { start: start + offset, end: end + offset }), 0);
    return take(
      weight,
      fromData(
        place.positions.map((position) => position + offset),
        [place.positions.length / (end - start), end - start],
        place,
      ),
    );
  });

/** How the sinusoids lie in the vector. */
export interface SinusoidOptions {
  /** `interleaved`: sine and cosine alternate, as in the paper; `halves`: all sines, then all cosines. */
  readonly layout?: "interleaved" | "halves";
  /** The base of the wavelengths; 10,000 unless said. */
  readonly theta?: number;
}

/** Sinusoids of position · theta^(−2i / dim) (Vaswani et al. 2017), float32 [positions, dim] row-major. */
export function sinusoids(positions: ArrayLike<number>, dim: number, { layout = "interleaved", theta = 10_000 }: SinusoidOptions = {}): Float32Array {
  const pairs = Math.ceil(dim / 2);
  const table = new Float32Array(positions.length * dim);
  for (let place = 0; place < positions.length; place++)
    for (let pair = 0; pair < pairs; pair++) {
      const angle = (positions[place] as number) * theta ** ((-2 * pair) / dim);
      const [sine, cosine] = layout === "interleaved" ? [2 * pair, 2 * pair + 1] : [pair, pairs + pair];
      table[place * dim + sine] = Math.sin(angle);
      if (cosine < dim) table[place * dim + cosine] = Math.cos(angle);
    }
  return table;
}

/** Sinusoidal positions (Vaswani et al. 2017, arXiv 1706.03762): no weights, any length. */
export const sinusoidalPositions = (dim: number, options: SinusoidOptions = {}) =>
  define({}, (_, { range: [start, end], positions, device }: EmbeddedPlace): Tensor => {
    const time = end - start;
    const at = positions ?? Int32Array.from({ length: time }, (_, index) => start + index);
    return fromData(sinusoids(at, dim, options), [at.length / time, time, dim], { device });
  });
