import { GenerateError } from "./errors.ts";

/** Throws when an options object has a key that `known` does not list: an option is never ignored. */
export function onlyKnown(where: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) if (!known.includes(key)) throw new GenerateError(`${where}: unknown option "${key}"; it takes ${known.join(", ")}`);
}

/** Throws unless `value` is a whole number of at least `least`. */
export function wholeNumber(where: string, name: string, value: number, least = 0): void {
  if (!(Number.isSafeInteger(value) && value >= least)) throw new GenerateError(`${where}: ${name} must be a whole number of at least ${least}, got ${value}`);
}

/** Throws unless `value` lies in [0, 1]. */
export function share(where: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new GenerateError(`${where}: ${name} must lie between 0 and 1, got ${value}`);
}

/** Throws unless `value` is a finite number above 0. */
export function positive(where: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new GenerateError(`${where}: ${name} must be a number above 0, got ${value}`);
}

/** Throws unless `value` is a finite number. */
export function finite(where: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw new GenerateError(`${where}: ${name} must be a number, got ${value}`);
}

/** Token ids as an array. @throws GenerateError unless there is one or more, all whole numbers of at least 0. */
export function someTokens(where: string, name: string, tokens: number | Iterable<number>): number[] {
  const ids = typeof tokens === "number" ? [tokens] : [...tokens];
  if (ids.length === 0) throw new GenerateError(`${where}: ${name} must be at least one token id, got none`);
  for (const id of ids) wholeNumber(where, `a token id of ${name}`, id);
  return ids;
}
