/** What the elements of a tensor are in a safetensors file. */
export type StoredType =
  | ("BOOL" | "U8" | "I8" | "I16" | "U16" | "I32" | "U32" | "I64" | "U64")
  | ("F4" | "F6_E2M3" | "F6_E3M2" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ")
  | ("F16" | "BF16" | "F32" | "F64" | "C64");

/** The bits of one element, by type. The order is the one in which writers lay tensors out, from the end of this list to its beginning. */
const bits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const satisfies Readonly<Record<StoredType, number>>;

const order: readonly string[] = Object.keys(bits);

/** Whether a name is one of the format's types. */
export function isStoredType(name: string): name is StoredType {
  return Object.hasOwn(bits, name);
}

/** The bits of one element. */
export function bitsPerElement(dtype: StoredType): number {
  return bits[dtype];
}

/** The place of a type in the canonical order: wide types come first, so that every tensor is aligned. */
export function layoutRank(dtype: StoredType): number {
  return -order.indexOf(dtype);
}

/** All types, for messages. */
export function storedTypes(): string {
  return order.join(" ");
}
