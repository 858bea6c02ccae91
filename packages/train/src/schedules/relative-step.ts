import type { Schedule } from "./schedule.ts";

/**
 * Adafactor's own rate, Shazeer & Stern 2018 §9: `min(0.01, 1 / √t)` with t counted from 1, or rising on a line first, `min(10⁻⁶t, 1 / √t)`.
 * It is meant to be scaled by the size of the parameters.
 */
export function relativeStep({ warmup = false }: { readonly warmup?: boolean } = {}): Schedule {
  return (step) => Math.min(warmup ? 1e-6 * (step + 1) : 1e-2, 1 / Math.sqrt(step + 1));
}
