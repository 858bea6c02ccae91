import type { Device } from "@ashlar/backend";
import { type AnyModule, define, type Initial, normal, param } from "@ashlar/nn";
import { cast, expandDims, fromData, slice, type Tensor, take } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { positionsAt } from "./places.ts";
import type { RotationPlace } from "./position.ts";

/** Where states stand that get a position added. */
export interface EmbeddedPlace extends RotationPlace {
  /** Where tensors are made. */
  readonly device: Device;
}

/** A position scheme that adds to the embeddings: gives [1 or batch, time, dim]. */
export type EmbeddedPosition = AnyModule<[place: EmbeddedPlace], Tensor>;

/**
 * A learned vector for each position (GPT-2, BERT); the table may be kept in 16 bits. `offset` is added to every position, as BART (2) and RoBERTa have it.
 *
 * @throws AttentionError, when it is used, for a position beyond the table.
 *
 * @example
 * ```ts
 * import { learnedPositions } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { bind, fresh, init } from "@ashlar/nn";
 * const device = reference();
 * const positions = learnedPositions(1024, 64);
 * bind(positions, init(positions, fresh(0, { device })))({ range: [0, 5], device }); // [1, 5, 64]
 * ```
 */
export const learnedPositions = (
  count: number,
  dim: number,
  { offset = 0, initial = normal(0.02) }: { readonly offset?: number; readonly initial?: Initial } = {},
) =>
  define({ weight: param([count + offset, dim], initial, { lookup: true }) }, ({ weight }, place: EmbeddedPlace): Tensor => {
    const [start, end] = place.range;
    const rowsAt = (moved: number): Int32Array => {
      const at = positionsAt(place, moved);
      const wrong = at.find((position) => position < 0 || position >= count);
      if (wrong !== undefined)
        throw new AttentionError(`learnedPositions: expected positions from 0 to ${count - 1}, got ${wrong}; make the table longer or the text shorter`);
      return at.map((position) => position + offset);
    };
    const rows = rowsAt(0);
    // a view that begins elsewhere at every step would be another call at every step: further on, places are data
    if (!place.positions && start === 0) return expandDims(cast(slice(weight, 0, { start: offset, end: end + offset }), "float32"), 0);
    return take(weight, fromData(rows, [rows.length / (end - start), end - start], { device: place.device, replayed: rowsAt }));
  });

/** How the sinusoids lie in the vector. */
export interface SinusoidOptions {
  /** `interleaved`: sine and cosine alternate, as in the paper; `halves`: all sines, then all cosines. */
  readonly layout?: "interleaved" | "halves";
  /** The base of the wavelengths; 10,000 unless said. */
  readonly theta?: number;
  /** Whether the slowest pair turns by 1/theta exactly, with exponents i / (pairs − 1) instead of 2i / dim, as in tensor2tensor and fairseq. */
  readonly endpoint?: boolean;
}

/**
 * Sinusoids of position · theta^(−2i / dim) (Vaswani et al. 2017, §3.5), float32 [positions, dim] row-major. An odd dim has a last sine
 * without a cosine when interleaved, and a last zero in halves.
 */
export function sinusoids(
  positions: ArrayLike<number>,
  dim: number,
  { layout = "interleaved", theta = 10_000, endpoint = false }: SinusoidOptions = {},
): Float32Array {
  const pairs = layout === "interleaved" ? Math.ceil(dim / 2) : Math.floor(dim / 2);
  const steps = endpoint ? Math.max(1, pairs - 1) : dim / 2;
  const table = new Float32Array(positions.length * dim);
  for (let place = 0; place < positions.length; place++)
    for (let pair = 0; pair < pairs; pair++) {
      const angle = (positions[place] as number) * theta ** (-pair / steps);
      const [sine, cosine] = layout === "interleaved" ? [2 * pair, 2 * pair + 1] : [pair, pairs + pair];
      table[place * dim + sine] = Math.sin(angle);
      if (cosine < dim) table[place * dim + cosine] = Math.cos(angle);
    }
  return table;
}

/**
 * Sinusoidal positions (Vaswani et al. 2017, arXiv 1706.03762): no weights, any length. `offset` is added to every position (fairseq: the
 * padding's id and 1).
 */
export const sinusoidalPositions = (dim: number, { offset = 0, ...options }: SinusoidOptions & { readonly offset?: number } = {}) =>
  define({}, (_, place: EmbeddedPlace): Tensor => {
    const [start, end] = place.range;
    const at = (moved: number): Float32Array =>
      sinusoids(
        positionsAt(place, moved).map((position) => position + offset),
        dim,
        options,
      );
    const data = at(0);
    return fromData(data, [data.length / dim / (end - start), end - start, dim], { device: place.device, replayed: at });
  });
