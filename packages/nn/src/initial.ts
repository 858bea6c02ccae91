import { add, full, mul, normal as normalNumbers, truncatedNormal as truncatedNumbers, uniform as uniformNumbers } from "@ashlar/tensor";
import type { Initial } from "./module.ts";

/** Normal numbers around 0. GPT-2 and BERT use 0.02. */
export function normal(deviation: number): Initial {
  return (shape, random, device) => normalNumbers(random, shape, { device, deviation });
}

/** Normal numbers around 0, drawn again beyond two deviations: what is drawn deviates by 0.88 · `deviation`. */
export function truncatedNormal(deviation: number): Initial {
  return (shape, random, device) => truncatedNumbers(random, shape, { device, deviation });
}

/** Uniform numbers in [−limit, limit). PyTorch's linear layers use 1/√input. */
export function uniform(limit: number): Initial {
  return (shape, random, device) => add(mul(uniformNumbers(random, shape, { device }), 2 * limit), -limit);
}

/** One number everywhere. */
export function constant(value: number): Initial {
  return (shape, _random, device) => full(shape, value, { device });
}

/** Zeros. */
export const zeros: Initial = constant(0);

/** Ones. */
export const ones: Initial = constant(1);
