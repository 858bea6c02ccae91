import { atLeast } from "../check.ts";

/** A number that changes over a run: a pure function of how many steps came before (the first step is 0). */
export type Schedule = (step: number) => number;

/** A learning rate: a number or a schedule. As a schedule. */
export function toSchedule(where: string, rate: number | Schedule): Schedule {
  if (typeof rate === "function") return rate;
  atLeast(where, "rate", rate);
  return () => rate;
}
