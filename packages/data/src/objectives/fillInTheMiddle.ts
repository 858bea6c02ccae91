import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { type Randomness, source } from "../random.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of fill-in-the-middle. */
export type FillInTheMiddleOptions = Randomness & {
  /** The id before the prefix. */
  readonly prefix: number;
  /** The id before the suffix. */
  readonly suffix: number;
  /** The id before the middle. */
  readonly middle: number;
  /** The id after the text. */
  readonly end: number;
  /** Prefix, suffix, middle; or suffix, prefix, middle. Default: "psm". */
  readonly order?: "psm" | "spm";
};

/**
 * Cuts a text at two random places and moves its middle to the end, so that a left-to-right model learns to fill gaps:
 * PSM = `<prefix> A <suffix> C <middle> B <end>`, SPM = `<prefix> <suffix> C <middle> A B <end>`. Train on it with
 * `nextToken`. Draws two numbers, one a cut. Bavarian et al. 2022 (arXiv 2207.14255) §3.
 */
export function fillInTheMiddle(tokens: Tokens, options: FillInTheMiddleOptions): Int32Array {
  onlyKnown("fillInTheMiddle", options, ["prefix", "suffix", "middle", "end", "order", "seed", "random"]);
  const { prefix, suffix, middle, end, order = "psm" } = options;
  for (const [name, id] of Object.entries({ prefix, suffix, middle, end })) wholeNumber("fillInTheMiddle", name, id, 0);
  if (order !== "psm" && order !== "spm") throw new DataError(`fillInTheMiddle: order must be "psm" or "spm", got ${String(order)}`);
  const ids = tokenIds("fillInTheMiddle", tokens);
  const random = source(options);
  const cut = () => Math.floor(random() * (ids.length + 1));
  const [from, to] = [cut(), cut()].sort((a, b) => a - b) as [number, number];
  const [before, between, after] = [ids.subarray(0, from), ids.subarray(from, to), ids.subarray(to)];
  return Int32Array.from(
    order === "psm" ? [prefix, ...before, suffix, ...after, middle, ...between, end] : [prefix, suffix, ...after, middle, ...before, ...between, end],
  );
}
