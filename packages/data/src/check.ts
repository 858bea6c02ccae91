import { DataError } from "./errors.ts";

/** Throws unless `value` is a whole number in [least, most]. */
export function wholeNumber(where: string, name: string, value: number, least = 1, most: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new DataError(`${where}: ${name} must be a whole number ${range}, got ${value}`);
}

/** Throws unless `value` lies in [0, 1]. */
export function share(where: string, name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new DataError(`${where}: ${name} must lie between 0 and 1, got ${value}`);
}

/** Throws when an options object has a key that `known` does not list: a misspelt option is never ignored. */
export function onlyKnown(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new DataError(`${where}: unknown option "${key}"; it takes ${known.join(", ")}`);
  }
}
