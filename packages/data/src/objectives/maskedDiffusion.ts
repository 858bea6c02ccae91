import { onlyKnown, share, wholeNumber } from "../check.ts";
import type { Example } from "../example.ts";
import { type Randomness, source } from "../random.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** How likely a token is masked at a time in [0, 1], and how much its loss counts then. */
export interface DiffusionSchedule {
  /** The probability that a token is masked at `time`. */
  probability(time: number): number;
  /** The weight of a masked token's loss at `time`. */
  weight(time: number): number;
}

/** LLaDA's: probability (1 − eps) time + eps, weight 1 / probability. Nie et al. 2025 (arXiv 2502.09992). */
export function linearSchedule(eps = 1e-3): DiffusionSchedule {
  const probability = (time: number) => (1 - eps) * time + eps;
  return { probability, weight: (time) => 1 / probability(time) };
}

/** MDLM's: probability (1 − eps) time, weight 1 / time. Sahoo et al. 2024 (arXiv 2406.07524). */
export function logLinearSchedule(eps = 1e-3): DiffusionSchedule {
  return { probability: (time) => (1 - eps) * time, weight: (time) => 1 / time };
}

/** Probability cos(π/2 (1 − time)), weight π/2 tan(π/2 (1 − time)). */
export function cosineSchedule(): DiffusionSchedule {
  const angle = (time: number) => (Math.PI / 2) * (1 - time);
  return { probability: (time) => Math.cos(angle(time)), weight: (time) => (Math.PI / 2) * Math.tan(angle(time)) };
}

/** The settings of masked diffusion. */
export type MaskedDiffusionOptions = Randomness & {
  /** The id of the mask token. */
  readonly mask: number;
  /** How masking and weight follow the time. Default: `linearSchedule()`. */
  readonly schedule?: DiffusionSchedule;
  /** The time in [0, 1]. Default: drawn uniformly, first. */
  readonly time?: number;
  /** Ids that are never masked. Default: none. */
  readonly special?: Iterable<number>;
};

/**
 * Masked diffusion for an encoder: at a random time every token is masked with the schedule's probability, and each masked
 * position predicts its token, weighted by the schedule. The loss is the weighted sum divided by the length.
 * Draws the time, unless given, then one number a token.
 */
export function maskedDiffusion(tokens: Tokens, options: MaskedDiffusionOptions): Example {
  onlyKnown("maskedDiffusion", options, ["mask", "schedule", "time", "special", "seed", "random"]);
  const { mask, schedule = linearSchedule(), special = [] } = options;
  wholeNumber("maskedDiffusion", "mask", mask, 0);
  const targets = tokenIds("maskedDiffusion", tokens, 1);
  const random = source(options);
  const time = share("maskedDiffusion", "time", options.time ?? random());
  const never = new Set(special);
  const probability = schedule.probability(time);
  const masked = Array.from(targets, (token) => random() < probability && !never.has(token));
  const weight = schedule.weight(time);
  return {
    inputs: targets.map((token, i) => (masked[i] ? mask : token)),
    targets,
    lossWeights: Float32Array.from(masked, (m) => (m ? weight : 0)),
  };
}

/** Times for a batch, spread evenly over [0, 1) behind one random offset `u`: (u + i) / n. Kingma et al. 2021 §I.1. */
export function antitheticTimes(n: number, u: number): Float64Array {
  wholeNumber("antitheticTimes", "n", n);
  return Float64Array.from({ length: n }, (_, i) => (u + i) / n);
}
