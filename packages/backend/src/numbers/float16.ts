/**
 * The nearest IEEE half-precision bits of each float32 (sign, 5 of exponent, 10 of fraction), halves to even. From 65520 on it is
 * Infinity; below 2⁻¹⁴ numbers are subnormal, down to 2⁻²⁴. NaN stays NaN.
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, halfOfBits);
}

/** The numbers that half-precision bits stand for; every one is exact in float32. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  const decoded = new Int32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const magnitude = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    if (magnitude >= 0x7c00) decoded[i] = sign | 0x7f800000 | ((magnitude & 1023) << 13);
    else if (magnitude >= 0x0400) decoded[i] = sign | ((magnitude << 13) + (112 << 23));
    else decoded[i] = sign | subnormalBits(magnitude);
  }
  return new Float32Array(decoded.buffer);
}

// A subnormal half is its fraction times 2⁻²⁴, which in float32 is normal: the leading bit's place gives the exponent.
function subnormalBits(fraction: number): number {
  if (fraction === 0) return 0;
  const leading = 31 - Math.clz32(fraction);
  return ((leading + 103) << 23) | ((fraction << (23 - leading)) & 0x7fffff);
}

function halfOfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x33000000) return sign;
  const exponent = (magnitude >>> 23) - 112;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const dropped = exponent > 0 ? 13 : 14 - exponent;
  const kept = fraction >>> dropped;
  const rest = fraction & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  const rounded = kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
  // The hidden bit adds one to the exponent field, and so does a fraction that rounds over.
  return sign | (exponent > 0 ? ((exponent - 1) << 10) + rounded : rounded);
}
