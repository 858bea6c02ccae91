import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number of at least `least`. */
export function wholeOption(least = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    return value;
  };
}

/** Reads an option that is a number from `least` to `most`. */
export function numberOption({
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
  above = Number.NEGATIVE_INFINITY,
} = {}): (text: string) => number {
  const bounds = [
    ...(least > Number.NEGATIVE_INFINITY ? [`at least ${least}`] : []),
    ...(above > Number.NEGATIVE_INFINITY ? [`above ${above}`] : []),
    ...(most < Number.POSITIVE_INFINITY ? [`at most ${most}`] : []),
  ];
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least || value > most || value <= above)
      throw new InvalidArgumentError(`Expected a number${bounds.length > 0 ? ` ${bounds.join(" and ")}` : ""}.`);
    return value;
  };
}
