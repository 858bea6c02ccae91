import { MaskError } from "./errors.ts";
import { isMask } from "./mask.ts";

/** @throws MaskError unless it is a whole number of at least `least`. */
export function wholeNumber(where: string, what: string, value: number, least = 0): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new MaskError(`${where}: ${what} must be a whole number of at least ${least}, got ${shown(value)}`);
}

/** @throws MaskError for an option that the function doesn't have. */
export function onlyKnown(where: string, options: object, known: readonly string[]): void {
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) throw new MaskError(`${where}: there is no option ${shown(stranger)}; there is ${known.join(", ")}`);
}

/** A value from outside, fit for one line. */
export function shown(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? `[${value.map(shown).join(", ")}]`
        : isMask(value)
          ? `the mask ${value.name}`
          : typeof value === "function" || (typeof value === "object" && value !== null)
            ? `${typeof value === "function" ? "a" : "an"} ${typeof value}`
            : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** @throws MaskError unless it is true or false, or absent. */
export function flag(where: string, what: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") throw new MaskError(`${where}: ${what} must be true or false, got ${shown(value)}`);
}

/** Whether a value is an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}
