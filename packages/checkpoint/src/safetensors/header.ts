import { CheckpointError, quoted, shown } from "../errors.ts";
import { JsonReader } from "./json.ts";
import { bitsPerElement, isStoredType, type StoredType, storedTypes } from "./stored-type.ts";

/** The longest header that the format allows, in bytes. */
const longestHeader = 100_000_000;
/** The bytes before the header: its length, a little-endian 64-bit integer. */
export const lengthBytes = 8;

/** What a file's header says of one tensor. */
export interface StoredEntry {
  /** What its elements are. */
  readonly dtype: StoredType;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** Its first byte, counted from the end of the header. */
  readonly begin: number;
  /** The byte after its last. */
  readonly end: number;
}

/** A safetensors header that holds together: its tensors tile the rest of the file without a gap or an overlap. */
export interface Header {
  /** The tensors by name, as they lie in the file. */
  readonly tensors: ReadonlyMap<string, StoredEntry>;
  /** The file's free-form strings. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the bytes of the tensors begin in the file. */
  readonly dataStart: number;
}

/** A file that is not this format at all, by how it begins. */
const lookalikes: readonly (readonly [start: string, what: string])[] = [
  ["version ", "; it looks like a Git LFS pointer: fetch the file itself (git lfs pull)"],
  ["GGUF", "; it looks like a GGUF file"],
  ["PK", "; it looks like a PyTorch pickle (a zip archive): convert it to safetensors"],
  ["<!", "; it looks like a web page"],
];

/**
 * The length of a header, from the first eight bytes of a file of `size` bytes.
 *
 * @throws CheckpointError when the file can't have such a header; nothing of that length was allocated yet.
 */
export function headerLength(start: Uint8Array, size: number, where: string): number {
  if (size < lengthBytes || start.length < lengthBytes) throw new CheckpointError(`${where}: a safetensors file has at least 8 bytes, this one ${size}`);
  const length = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > longestHeader) {
    const begins = String.fromCharCode(...start.subarray(0, lengthBytes));
    const hint = lookalikes.find(([mark]) => begins.startsWith(mark))?.[1] ?? "; it is not a safetensors file";
    throw new CheckpointError(`${where}: its first bytes promise a header of ${length} bytes, the format allows ${longestHeader}${hint}`);
  }
  if (Number(length) > size - lengthBytes)
    throw new CheckpointError(`${where}: the header takes ${length} bytes, but only ${size - lengthBytes} follow: the file is truncated, get it again`);
  return Number(length);
}

/**
 * Reads and checks the header of a safetensors file, given its bytes, or only the first ones and the `size` of the whole.
 *
 * Every rule of the format is checked before anything is allocated by a size that the file states: lengths, UTF-8, JSON without repeated
 * keys, types, shapes whose product fits in 64 bits, and tensors that tile the rest of the file exactly.
 * The format: https://huggingface.co/docs/safetensors#format
 *
 * @throws CheckpointError that names the file (`where`), the tensor and the rule.
 *
 * @example
 * ```ts
 * import { parseHeader, serialize } from "@ashlar/checkpoint";
 * const bytes = await serialize({ scale: { dtype: "F32", shape: [1], bytes: new Uint8Array(4) } });
 * parseHeader(bytes).tensors.get("scale"); // { dtype: "F32", shape: [1], begin: 0, end: 4 }
 * ```
 */
export function parseHeader(bytes: Uint8Array, { size = bytes.length, where = "safetensors" }: HeaderOptions = {}): Header {
  const dataStart = lengthBytes + headerLength(bytes.subarray(0, lengthBytes), size, where);
  if (dataStart > bytes.length) throw new CheckpointError(`${where}: parseHeader needs the first ${dataStart} bytes, got ${bytes.length}`);
  const json = new JsonReader(decodeText(bytes.subarray(lengthBytes, dataStart), where), where);
  const metadata = new Map<string, string>();
  const tensors: [name: string, entry: StoredEntry][] = [];
  json.object("the header", (name) => {
    if (name === "__metadata__") json.object("__metadata__", (key) => void metadata.set(key, json.string(`__metadata__ ${quoted(key)}`)));
    else tensors.push([name, readEntry(json, name)]);
  });
  json.end();
  return { tensors: tiled(tensors, size - dataStart, where), metadata, dataStart };
}

/** What `parseHeader` may be told. */
export interface HeaderOptions {
  /** The bytes of the whole file, where only the first ones are at hand. */
  readonly size?: number;
  /** The file's name, for messages. */
  readonly where?: string;
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CheckpointError(`${where}: the header is not UTF-8`);
  }
}

function readEntry(json: JsonReader, name: string): StoredEntry {
  const who = quoted(name);
  let dtype: StoredType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object(who, (field) => {
    const what = `${field} of ${who}`;
    if (field === "dtype") {
      const type = json.string(what);
      if (!isStoredType(type)) json.fail(`${who} has the unknown dtype ${quoted(type)}; there are ${storedTypes()}`);
      dtype = type;
    } else if (field === "shape") shape = integers(json, what);
    else if (field === "data_offsets") {
      offsets = integers(json, what);
      if (offsets.length !== 2) json.fail(`expected a begin and an end for ${what}, got ${offsets.length} numbers`);
    } else json.skip(what);
  });
  if (!dtype) json.fail(`${who} has no dtype`);
  if (!shape) json.fail(`${who} has no shape`);
  if (!offsets) json.fail(`${who} has no data_offsets`);
  const [begin, end] = offsets as [number, number];
  if (end < begin) json.fail(`${who} ends (${end}) before it begins (${begin})`);
  const wanted = byteLength(json, who, dtype, shape);
  if (wanted !== BigInt(end - begin)) json.fail(`${who} is ${dtype} ${shown(shape)}, which takes ${wanted} bytes, but its data_offsets span ${end - begin}`);
  return { dtype, shape, begin, end };
}

function integers(json: JsonReader, what: string): number[] {
  const found: number[] = [];
  json.list(what, () => found.push(json.integer(what)));
  return found;
}

/** Counted in big integers: a product that wraps round 2^64 would fit any claim. */
function byteLength(json: JsonReader, who: string, dtype: StoredType, shape: readonly number[]): bigint {
  const limit = 2n ** 64n;
  let count = 1n;
  for (const size of shape) {
    count *= BigInt(size);
    if (count >= limit) json.fail(`the elements of ${who} ${shown(shape)} overflow 64 bits`);
  }
  const bits = count * BigInt(bitsPerElement(dtype));
  if (bits >= limit) json.fail(`the bytes of ${who} (${dtype} ${shown(shape)}) overflow 64 bits`);
  if (bits % 8n !== 0n) json.fail(`${who} is ${dtype} ${shown(shape)}, which does not fill whole bytes`);
  return bits / 8n;
}

/** The tensors in the order of their bytes, once they are known to cover the file exactly. */
function tiled(tensors: readonly [string, StoredEntry][], size: number, where: string): Map<string, StoredEntry> {
  const sorted = tensors.toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let before = "";
  for (const [name, { begin, end }] of sorted) {
    if (begin > covered) throw new CheckpointError(`${where}: bytes ${covered} to ${begin}, before ${quoted(name)}, belong to no tensor`);
    if (begin < covered)
      throw new CheckpointError(`${where}: ${quoted(before)} and ${quoted(name)} overlap: one ends at ${covered}, the other begins at ${begin}`);
    covered = end;
    before = name;
  }
  if (covered > size) throw new CheckpointError(`${where}: the tensors take ${covered} bytes, but only ${size} are there: the file is truncated, get it again`);
  if (covered < size)
    throw new CheckpointError(`${where}: the tensors take ${covered} bytes, but ${size} are there: what follows the last tensor belongs to none`);
  return new Map(sorted);
}
