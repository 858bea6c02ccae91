import type { GoldenArray } from "./golden.ts";

/** How close is close enough: `|actual − expected| ≤ atol + rtol · |expected|`. */
export interface Tolerance {
  /** Relative to what was expected. */
  readonly rtol: number;
  /** Absolute. */
  readonly atol: number;
}

/**
 * Throws unless every element is close to the expected one; NaN only matches NaN, an infinity itself, and booleans may be 0 and 1.
 *
 * @throws Error that names the worst element, both its values and how many others are off.
 */
export function toClose(actual: ArrayLike<number>, expected: ArrayLike<number> | GoldenArray | undefined, { rtol, atol }: Tolerance, what: string): void {
  if (!expected) throw new Error(`${what}: there is nothing to compare with`);
  const wanted = Array.from("data" in expected ? expected.data : expected, Number);
  if (actual.length !== wanted.length) throw new Error(`${what}: expected ${wanted.length} elements, got ${actual.length}`);
  let worst = { index: -1, excess: 0 };
  let off = 0;
  for (const [index, want] of wanted.entries()) {
    const got = actual[index] as number;
    if (Object.is(got, want) || got === want) continue;
    const excess = Math.abs(got - want) - (atol + rtol * Math.abs(want));
    if (excess <= 0) continue;
    off++;
    // a NaN or an infinity that does not belong there is worse than any distance
    const size = Number.isFinite(excess) ? excess : Number.POSITIVE_INFINITY;
    if (size > worst.excess) worst = { index, excess: size };
  }
  if (off === 0) return;
  const { index } = worst;
  throw new Error(
    `${what}: ${off} of ${wanted.length} elements are off; the worst at ${index}: expected ${wanted[index]}, got ${actual[index]} (rtol ${rtol}, atol ${atol})`,
  );
}
