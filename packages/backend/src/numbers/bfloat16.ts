/** The nearest bfloat16 bits of each float32: its upper half, halves to even. NaN stays NaN. */
export function encodeBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return ((word >>> 16) & 0x8000) | 0x7fc0;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

/** The numbers that bfloat16 bits stand for; every one is exact in float32. */
export function decodeBfloat16(bits: Uint16Array): Float32Array {
  const decoded = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) decoded[i] = bits[i]! << 16;
  return new Float32Array(decoded.buffer);
}
