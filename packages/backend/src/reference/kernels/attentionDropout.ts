import type { AttentionSettings } from "../../contract/kernels.ts";
import { threefry } from "../../numbers/threefry.ts";
import type { AttentionSizes } from "./attentionScores.ts";

// A weight's number among all of its call counts through [batch, heads, queries, keys]; the number's half is a counter of 64 bits, and
//   kept = 0 where (word[number mod 2] >>> 8) / 2²⁴ < rate, else 1 / (1 − rate)

/** Gives by what each weight is multiplied: a function of its place and the key alone. */
export function keptOf(
  { dropout }: AttentionSettings,
  { queries, heads, keys }: Pick<AttentionSizes, "queries" | "heads" | "keys">,
  [, , rate, key0, key1]: readonly number[],
): (row: number, head: number, i: number, j: number) => number {
  if (!dropout) return () => 1;
  const threshold = Math.fround(rate!);
  return (row, head, i, j) => {
    const number = ((row * heads + head) * queries + i) * keys + j;
    const counter = Math.floor(number / 2);
    const word = threefry(key0!, key1!, counter % 2 ** 32, Math.floor(counter / 2 ** 32))[number % 2]!;
    return (word >>> 8) / 2 ** 24 < threshold ? 0 : 1 / (1 - rate!);
  };
}
