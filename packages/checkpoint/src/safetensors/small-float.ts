/** How a float of at most eight bits is put together. */
interface Format {
  readonly exponentBits: number;
  readonly fractionBits: number;
  readonly bias: number;
  /** Which codes are not numbers: those of IEEE, all ones (`fn`), the negative zero (`fnuz`), or none. */
  readonly special: "ieee" | "fn" | "fnuz" | "none";
}

/** The small floats that have a sign. */
export type SmallFloat = "F4" | "F8_E4M3" | "F8_E5M2" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ";

const formats: Readonly<Record<SmallFloat, Format>> = {
  F4: { exponentBits: 2, fractionBits: 1, bias: 1, special: "none" },
  F8_E4M3: { exponentBits: 4, fractionBits: 3, bias: 7, special: "fn" },
  F8_E5M2: { exponentBits: 5, fractionBits: 2, bias: 15, special: "ieee" },
  F8_E4M3FNUZ: { exponentBits: 4, fractionBits: 3, bias: 8, special: "fnuz" },
  F8_E5M2FNUZ: { exponentBits: 5, fractionBits: 2, bias: 16, special: "fnuz" },
};

/**
 * The number behind each code of a small float, all exact in float32. FN: no infinities, all ones is NaN; FNUZ: the code of −0 is NaN
 * (Micikevicius et al. 2022, https://arxiv.org/abs/2209.05433; the OCP 8-bit and MX specifications).
 */
export function smallFloats(type: SmallFloat): Float32Array {
  const format = formats[type];
  const { exponentBits, fractionBits } = format;
  return Float32Array.from({ length: 2 ** (1 + exponentBits + fractionBits) }, (_, code) => value(code, format));
}

function value(code: number, { exponentBits, fractionBits, bias, special }: Format): number {
  const magnitude = code % 2 ** (exponentBits + fractionBits);
  const negative = code !== magnitude;
  const exponent = Math.floor(magnitude / 2 ** fractionBits);
  const fraction = magnitude % 2 ** fractionBits;
  const top = 2 ** exponentBits - 1;
  if (special === "ieee" && exponent === top) return fraction > 0 ? Number.NaN : negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (special === "fn" && exponent === top && fraction === 2 ** fractionBits - 1) return Number.NaN;
  if (special === "fnuz" && negative && magnitude === 0) return Number.NaN;
  const size = exponent === 0 ? fraction * 2 ** (1 - bias - fractionBits) : (2 ** fractionBits + fraction) * 2 ** (exponent - bias - fractionBits);
  return negative ? -size : size;
}
