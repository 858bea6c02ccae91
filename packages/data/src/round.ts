/** Rounds to the nearest whole number, halves to the even one, as Python and TensorFlow do (`Math.round` does not). */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The product as float32 computes it: T5 counts noise tokens with such products, and some differ from float64's. */
export function float32Product(a: number, b: number): number {
  return Math.fround(Math.fround(a) * Math.fround(b));
}

/** The quotient as float32 computes it. */
export function float32Quotient(a: number, b: number): number {
  return Math.fround(Math.fround(a) / Math.fround(b));
}
