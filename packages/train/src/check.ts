import { TrainError } from "./errors.ts";

/** Throws when an options object has a key that `known` does not list: a misspelt option is never ignored. */
export function onlyKnown(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) if (!known.includes(key)) throw new TrainError(`${where}: unknown option "${key}"; it takes ${known.join(", ")}`);
}

/** Throws unless `value` is a whole number of at least `least`. */
export function wholeNumber(where: string, name: string, value: number, least = 0): void {
  if (!(Number.isInteger(value) && value >= least)) throw new TrainError(`${where}: ${name} must be a whole number of at least ${least}, got ${value}`);
}

/** Throws unless `value` is a number of at least `least`; infinity is one. */
export function atLeast(where: string, name: string, value: number, least = 0): void {
  if (!(value >= least)) throw new TrainError(`${where}: ${name} must be a number of at least ${least}, got ${value}`);
}

/** Throws unless `value` lies in [0, 1). */
export function belowOne(where: string, name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new TrainError(`${where}: ${name} must lie in [0, 1), got ${value}`);
}
