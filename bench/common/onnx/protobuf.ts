// The wire format of protocol buffers, as much of it as an ONNX file needs.

/** A number of so many bytes as it takes, seven bits in each. */
function variable(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...out, Number(rest)]);
}

/** An integer field. */
export const integer = (field: number, value: number): Uint8Array => concat(variable(field * 8), variable(value));

/** A field of bytes: a message, or a string. */
export const bytes = (field: number, value: Uint8Array): Uint8Array => concat(variable(field * 8 + 2), variable(value.length), value);

/** A field of text. */
export const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));

/** A float32 field. */
export function float(field: number, value: number): Uint8Array {
  return concat(variable(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
}

/** Fields one after the other: a message. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
