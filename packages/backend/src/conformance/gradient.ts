/**
 * The gradient of `f` at `x` by central differences in float64: `(f(x + h) − f(x − h)) / 2h`. With h = 1e−4 · max(1, |x|) its error is
 * about 1e−8, far below float32.
 */
export function numericalGradient(f: (x: Float64Array) => number, x: ArrayLike<number>): Float64Array {
  const point = Float64Array.from(x);
  return Float64Array.from(x, (value, i) => {
    const step = 1e-4 * Math.max(1, Math.abs(value));
    point[i] = value + step;
    const above = f(point);
    point[i] = value - step;
    const below = f(point);
    point[i] = value;
    return (above - below) / (2 * step);
  });
}

/** `Σ a[i] · b[i]`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
