/** A count or a rate in a few characters: 950, 12.3k, 1.5M. */
export function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)}k`;
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

/** A difference in a few characters: 0, 3e-7, 0.25. */
export const tiny = (value: number): string => (value === 0 ? "0" : value < 0.01 ? value.toExponential(0) : value.toPrecision(2));
