import { decodeBfloat16, decodeFloat16 } from "@ashlar/backend";
import { CheckpointError } from "../errors.ts";
import { smallFloats } from "./small-float.ts";
import type { StoredTensor } from "./stored.ts";

/** Arrays that hold what a stored tensor says, exactly. */
export type Decoded =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/**
 * The elements of a stored tensor, exactly: floats of up to 32 bits as `Float32Array`, F64 as `Float64Array`, 64-bit integers as big
 * integers, BOOL as 0 and 1. The array may be the tensor's own memory under another type.
 *
 * @throws CheckpointError for C64 and the 6-bit floats, whose bytes you can still read.
 */
export function decode({ dtype, bytes }: StoredTensor): Decoded {
  switch (dtype) {
    case "F64":
      return new Float64Array(aligned(bytes, 8));
    case "F32":
      return new Float32Array(aligned(bytes, 4));
    case "F16":
      return decodeFloat16(new Uint16Array(aligned(bytes, 2)));
    case "BF16":
      return decodeBfloat16(new Uint16Array(aligned(bytes, 2)));
    case "I64":
      return new BigInt64Array(aligned(bytes, 8));
    case "U64":
      return new BigUint64Array(aligned(bytes, 8));
    case "I32":
      return new Int32Array(aligned(bytes, 4));
    case "U32":
      return new Uint32Array(aligned(bytes, 4));
    case "I16":
      return new Int16Array(aligned(bytes, 2));
    case "U16":
      return new Uint16Array(aligned(bytes, 2));
    case "I8":
      return new Int8Array(aligned(bytes, 1));
    case "U8":
      return new Uint8Array(aligned(bytes, 1));
    case "BOOL":
      return bytes.map((byte) => (byte === 0 ? 0 : 1));
    case "F8_E4M3":
    case "F8_E5M2":
    case "F8_E4M3FNUZ":
    case "F8_E5M2FNUZ":
      return looked(bytes, smallFloats(dtype));
    case "F8_E8M0":
      return looked(bytes, powersOfTwo());
    case "F4":
      return pairs(bytes, smallFloats(dtype));
    case "C64":
    case "F6_E2M3":
    case "F6_E3M2":
      throw new CheckpointError(`decode: ${dtype} has no array of numbers here; its bytes are in \`bytes\``);
  }
}

/** The bytes in a buffer that is theirs alone: typed arrays of wide elements can't begin just anywhere. */
function aligned(bytes: Uint8Array, width: number): ArrayBuffer {
  if (bytes.byteLength % width !== 0) throw new CheckpointError(`decode: expected whole elements of ${width} bytes, got ${bytes.byteLength} bytes`);
  const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return (whole ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer;
}

const looked = (bytes: Uint8Array, table: Float32Array): Float32Array => Float32Array.from(bytes, (code) => table[code] as number);

/** E8M0 is an exponent alone, 2^(code − 127); 255 is NaN. */
const powersOfTwo = (): Float32Array => Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? Number.NaN : 2 ** (code - 127)));

/** Two four-bit elements a byte, the lower half first. */
function pairs(bytes: Uint8Array, table: Float32Array): Float32Array {
  const values = new Float32Array(bytes.length * 2);
  for (const [index, byte] of bytes.entries()) {
    values[2 * index] = table[byte & 15] as number;
    values[2 * index + 1] = table[byte >>> 4] as number;
  }
  return values;
}
