import type { Schedule } from "./schedule.ts";

/** Always the same rate. */
export function constant(rate: number): Schedule {
  return () => rate;
}
