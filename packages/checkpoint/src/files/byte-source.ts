/** Something whose bytes can be read here and there: a file, a blob, ranges of a web address. */
export interface ByteSource {
  /** What to call it in messages: `"model.safetensors"`. */
  readonly name: string;
  /** How many bytes it has. */
  readonly size: number;
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Fills `bytes` with those from `start` on, where that spares an array in between. */
  readInto?(start: number, bytes: Uint8Array): Promise<void>;
  /** Lets it go. */
  close?(): Promise<void>;
}

/** A `Blob` or a `File`, as far as it is needed here. */
export interface BlobLike {
  /** How many bytes it has. */
  readonly size: number;
  /** A file's name. */
  readonly name?: string;
  /** A part of it, not read yet. */
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Bytes at hand. */
export function sourceOfBytes(bytes: Uint8Array): ByteSource {
  return { name: "safetensors", size: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/** A blob, read part by part. */
export function sourceOfBlob(blob: BlobLike): ByteSource {
  const read = async (start: number, end: number): Promise<Uint8Array> => new Uint8Array(await blob.slice(start, end).arrayBuffer());
  return { name: blob.name ?? "safetensors", size: blob.size, read };
}
