import { CheckpointError, quoted } from "../errors.ts";
import { nearestOf } from "../names/nearest.ts";
import { headerLength, lengthBytes, parseHeader, type StoredEntry } from "../safetensors/header.ts";
import type { StoredTensor } from "../safetensors/stored.ts";
import type { ByteSource } from "./byte-source.ts";
import { type CheckpointFiles, type Folder, indexFile, located, singleFile } from "./locate.ts";

/** A checkpoint whose headers were read and checked; its tensors are read when they are asked for. */
export interface Checkpoint extends AsyncDisposable {
  /** What it is called in messages: the file's or the folder's name. */
  readonly name: string;
  /** Its tensors by name: types and shapes, as they lie in the files. */
  readonly tensors: ReadonlyMap<string, StoredEntry>;
  /** The free-form strings of its files; where several have the same one, the first file's. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads one tensor's bytes. @throws CheckpointError when there is none of that name, or the file has changed meanwhile. */
  read(name: string): Promise<StoredTensor>;
  /** Reads one tensor's bytes into memory that is there, as long as they are. @throws CheckpointError as `read`, and when the length differs. */
  readInto(name: string, bytes: Uint8Array): Promise<void>;
  /** Closes its files; so does the end of an `await using` block. */
  close(): Promise<void>;
}

function checkpointOf(name: string, shards: readonly Shard[], homes: ReadonlyMap<string, Shard>): Checkpoint {
  const find = (tensor: string): { readonly source: ByteSource; readonly entry: StoredEntry; readonly start: number } => {
    const home = homes.get(tensor);
    if (!home) throw new CheckpointError(`${name}: there is no tensor ${quoted(tensor)} among its ${homes.size}${nearestOf(tensor, homes.keys())}`);
    const entry = home.tensors.get(tensor) as StoredEntry;
    return { source: home.source, entry, start: home.dataStart + entry.begin };
  };
  const expectLength = (where: string, tensor: string, { begin, end }: StoredEntry, bytes: Uint8Array): void => {
    if (bytes.length !== end - begin) throw new CheckpointError(`${where}: expected ${end - begin} bytes of ${quoted(tensor)}, got ${bytes.length}`);
  };
  const read = async (tensor: string): Promise<StoredTensor> => {
    const { source, entry, start } = find(tensor);
    const bytes = await source.read(start, start + entry.end - entry.begin);
    expectLength(source.name, tensor, entry, bytes);
    return { dtype: entry.dtype, shape: entry.shape, bytes };
  };
  const readInto = async (tensor: string, bytes: Uint8Array): Promise<void> => {
    const { source, entry, start } = find(tensor);
    expectLength("readInto", tensor, entry, bytes);
    if (source.readInto) await source.readInto(start, bytes);
    else bytes.set((await read(tensor)).bytes);
  };
  const close = async (): Promise<void> => {
    for (const { source } of shards) await source.close?.();
  };
  const tensors = new Map(Array.from(homes, ([tensor, shard]) => [tensor, shard.tensors.get(tensor) as StoredEntry]));
  const metadata = new Map(shards.toReversed().flatMap((shard) => [...shard.metadata]));
  return { name, tensors, metadata, read, readInto, close, [Symbol.asyncDispose]: close };
}

/** One file of a checkpoint. */
interface Shard {
  readonly source: ByteSource;
  readonly tensors: ReadonlyMap<string, StoredEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly dataStart: number;
}

/**
 * Opens a checkpoint and reads nothing but headers. It may be a path (a `.safetensors` file, or a folder with `model.safetensors` or with
 * `model.safetensors.index.json` and its shards), bytes, a `Blob` or `File`, several files (as dropped on a page), or anything that can
 * read ranges of bytes.
 *
 * @throws CheckpointError when a file is missing, broken or not what its index says.
 *
 * @example
 * ```ts
 * import { decode, open, serialize } from "@ashlar/checkpoint";
 * const bytes = await serialize({ scale: { dtype: "F32", shape: [1], bytes: new Uint8Array(4) } });
 * await using file = await open(bytes); // or open("model.safetensors"), open("folder"), open(event.dataTransfer.files)
 * decode(await file.read("scale")); // Float32Array [0]
 * ```
 */
export async function open(files: CheckpointFiles): Promise<Checkpoint> {
  const place = await located(files);
  if ("source" in place) {
    const shard = await readShard(place.source);
    return checkpointOf(place.source.name, [shard], new Map(Array.from(shard.tensors.keys(), (name) => [name, shard])));
  }
  const whole = await place.file(singleFile);
  if (whole) return open(whole);
  const listed = await place.file(indexFile);
  if (!listed) throw new CheckpointError(`${place.name}: expected ${singleFile} or ${indexFile} in it, found ${place.found()}`);
  return openShards(place, listed);
}

async function openShards(folder: Folder, listed: ByteSource): Promise<Checkpoint> {
  const homes = await readIndex(listed);
  const shards = new Map<string, Shard>();
  try {
    for (const file of new Set(homes.values())) {
      const source = await folder.file(file);
      if (!source) throw new CheckpointError(`${folder.name}: ${indexFile} names ${quoted(file)}, which is not there`);
      shards.set(file, await readShard(source));
    }
    const found = Array.from(homes, ([name, file]): [string, Shard] => {
      const shard = shards.get(file) as Shard;
      if (!shard.tensors.has(name)) throw new CheckpointError(`${file}: ${indexFile} says that it holds ${quoted(name)}, but it does not`);
      return [name, shard];
    });
    return checkpointOf(folder.name, [...shards.values()], new Map(found));
  } catch (error) {
    for (const { source } of shards.values()) await source.close?.();
    throw error;
  }
}

async function readShard(source: ByteSource): Promise<Shard> {
  try {
    const { name: where, size } = source;
    const length = headerLength(await source.read(0, Math.min(lengthBytes, size)), size, where);
    const header = parseHeader(await source.read(0, lengthBytes + length), { size, where });
    return { source, ...header };
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** The file of each tensor. Names of files are names, never paths: an index must not lead out of its folder. */
async function readIndex(source: ByteSource): Promise<Map<string, string>> {
  const fail = (what: string): never => {
    throw new CheckpointError(`${source.name}: ${what}`);
  };
  try {
    const index: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, source.size)));
    const map = typeof index === "object" && index !== null && "weight_map" in index ? index.weight_map : undefined;
    if (typeof map !== "object" || map === null) return fail('expected a "weight_map" of tensor names to files');
    const homes = Object.entries(map).map(([name, file]: [string, unknown]): [string, string] => {
      if (typeof file !== "string" || /[\\/:]|^\.*$/.test(file))
        return fail(`expected the name of a file beside it for ${quoted(name)}, got ${quoted(String(file))}`);
      return [name, file];
    });
    return new Map(homes);
  } catch (error) {
    throw CheckpointError.is(error) ? error : new CheckpointError(`${source.name}: it is not JSON`, { cause: error });
  } finally {
    await source.close?.();
  }
}
