import { Tensor } from "@ashlar/tensor";
import { CheckpointError, quoted, shown } from "../errors.ts";
import { encode, type FloatType, typeWritten } from "./encode.ts";
import { parseHeader } from "./header.ts";
import type { StoredTensor } from "./stored.ts";
import { bitsPerElement, isStoredType, layoutRank, type StoredType } from "./stored-type.ts";

/** Values by name: a plain object, a Map, or any list of pairs. */
export type Entries<Value> = Readonly<Record<string, Value>> | Iterable<readonly [name: string, value: Value]>;

/** How tensors are written. */
export interface WriteOptions {
  /** Strings to keep beside the tensors. */
  readonly metadata?: Entries<string>;
  /** How float32 tensors are stored, float32 unless said. Rounded to the nearest, halves to even. */
  readonly dtype?: FloatType;
}

/** A file about to be written: its first bytes, and what follows them, read from the devices one tensor at a time. */
export interface Layout {
  /** The length and the header. */
  readonly head: Uint8Array;
  /** The bytes of all tensors. */
  readonly dataBytes: number;
  /** The bytes of one tensor after the other. */
  readonly chunks: () => AsyncIterable<Uint8Array>;
}

interface Item {
  readonly name: string;
  readonly tensor: Tensor | StoredTensor;
  readonly dtype: StoredType;
  readonly bytes: number;
}

/**
 * Lays tensors out as the reference writer does: metadata first, wide types before narrow ones, equal types by name, the header padded
 * with spaces so that the data begin at a multiple of eight.
 *
 * @throws CheckpointError for a name that a file can't have and for a stored tensor whose bytes do not fit its shape.
 */
export function layout(tensors: Entries<Tensor | StoredTensor>, { metadata = {}, dtype = "float32" }: WriteOptions, where: string): Layout {
  const items = entriesOf(tensors).map(([name, tensor]) => item(name, tensor, dtype, where));
  items.sort((a, b) => layoutRank(a.dtype) - layoutRank(b.dtype) || byCodePoint(a.name, b.name));
  const strings = entriesOf(metadata).toSorted(([a], [b]) => byCodePoint(a, b));
  const members = strings.length > 0 ? [`"__metadata__":{${strings.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`).join(",")}}`] : [];
  let end = 0;
  for (const { name, tensor, dtype: type, bytes } of items) {
    const begin = end;
    end += bytes;
    members.push(`${JSON.stringify(name)}:{"dtype":"${type}","shape":[${tensor.shape.join(",")}],"data_offsets":[${begin},${end}]}`);
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const head = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(text, 8);
  // whatever was handed in, nothing is written that would not be read again
  parseHeader(head, { size: head.length + end, where });
  return { head, dataBytes: end, chunks: () => chunks(items) };
}

async function* chunks(items: readonly Item[]): AsyncIterable<Uint8Array> {
  for (const { name, tensor, dtype } of items) yield tensor instanceof Tensor ? encode(await tensor.data(), dtype, name) : tensor.bytes;
}

function item(name: string, tensor: Tensor | StoredTensor, float: FloatType, where: string): Item {
  if (name === "__metadata__") throw new CheckpointError(`${where}: a tensor can't be called "__metadata__": the format keeps the name for itself`);
  if (tensor instanceof Tensor) {
    const dtype = typeWritten(tensor.dtype, float);
    return { name, tensor, dtype, bytes: tensor.size * (bitsPerElement(dtype) / 8) };
  }
  const { dtype, shape, bytes } = tensor;
  if (!isStoredType(dtype)) throw new CheckpointError(`${where}: ${quoted(name)} has the unknown dtype ${quoted(String(dtype))}`);
  const wanted = (shape.reduce((count, size) => count * size, 1) * bitsPerElement(dtype)) / 8;
  if (bytes.length !== wanted)
    throw new CheckpointError(`${where}: expected ${wanted} bytes for ${quoted(name)} (${dtype} ${shown(shape)}), got ${bytes.length}`);
  return { name, tensor, dtype, bytes: bytes.length };
}

/** The pairs of an object, a Map or a list. */
export function entriesOf<Value>(entries: Entries<Value>): [name: string, value: Value][] {
  const pairs = Symbol.iterator in entries ? (entries as Iterable<readonly [string, Value]>) : Object.entries(entries);
  return Array.from(pairs, ([name, value]) => [name, value]);
}

/** The order of UTF-8 bytes, in which the reference writer sorts; JavaScript's own order differs above U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const first = left.findIndex((character, index) => character !== right[index]);
  if (first < 0) return left.length - right.length;
  return (left[first]?.codePointAt(0) ?? -1) - (right[first]?.codePointAt(0) ?? -1);
}
