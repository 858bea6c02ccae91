import type { Device } from "@ashlar/backend";
import { copy, scoped, type Tensor, TensorError } from "@ashlar/tensor";
import { CheckpointError, quoted, shown } from "./errors.ts";
import type { CheckpointFiles } from "./files/locate.ts";
import { type Checkpoint, open } from "./files/open.ts";
import { nearest, nearestOf } from "./names/nearest.ts";
import { readPart } from "./names/parts.ts";
import { type Match, type NameTable, sameNames } from "./names/table.ts";
import type { StoredTensor } from "./safetensors/stored.ts";
import { toTensor } from "./safetensors/to-tensor.ts";

/** Where and how the tensors of a checkpoint are read. */
export interface SavedOptions {
  /** The device that gets them. */
  readonly device: Device;
  /** How its names become paths; unless given they are the same. */
  readonly table?: NameTable;
}

/** The tensors of a checkpoint under the paths of a tree: a source for `init`. */
export interface SavedSource {
  /**
   * A tensor of its own for the path. @throws CheckpointError when the checkpoint has none, or one of another shape than `wanted`; it
   * names the nearest.
   */
  read(path: string, wanted: { readonly shape: readonly number[] }): Tensor;
  /** Makes sure that every tensor was read that the name table does not ignore. @throws CheckpointError that names those left over. */
  done(): void;
  /** The same tensors for a model that has more or fewer: what is not there is undefined, what is left over is left. */
  readonly partial: {
    /** A tensor of its own for the path, if the checkpoint has one. @throws CheckpointError when it has another shape than `wanted`. */
    read(path: string, wanted: { readonly shape: readonly number[] }): Tensor | undefined;
  };
}

/**
 * Reads a checkpoint into a source for `init`: `init(model, await saved("folder", { device, table }))`. The bytes are read here, as they
 * are stored; each tensor is decoded, put on the device and transformed when `init` asks for it, in the scope where it asks.
 *
 * @throws CheckpointError when files are missing or broken.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { saved, serialize } from "@ashlar/checkpoint";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const source = await saved(await serialize({ scale: ones([4], { device }) }), { device });
 * const scale = source.read("scale", { shape: [4] });
 * source.done();
 * ```
 */
export async function saved(files: CheckpointFiles | Checkpoint, { device, table = sameNames() }: SavedOptions): Promise<SavedSource> {
  if (isOpen(files)) return sourceOf(files.name, await readAll(files, table), table, device);
  await using checkpoint = await open(files);
  return sourceOf(checkpoint.name, await readAll(checkpoint, table), table, device);
}

const isOpen = (files: CheckpointFiles | Checkpoint): files is Checkpoint => typeof files === "object" && "tensors" in files;

/** How many reads are under way at once: a copy out of a disk's cache keeps a core busy, and there are others. */
const AT_ONCE = 4;

/** All but what the table ignores, in the order of the file. */
async function readAll(checkpoint: Checkpoint, table: NameTable): Promise<Map<string, StoredTensor>> {
  const names = [...checkpoint.tensors.keys()].filter((name) => table.forName(name)?.paths.length !== 0);
  const stored = new Map<string, StoredTensor | null>(names.map((name) => [name, null]));
  const left = names.values();
  let failed = false;
  const reader = async (): Promise<void> => {
    for (const name of left) {
      if (failed) return;
      try {
        stored.set(name, await checkpoint.read(name));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // what is under way ends before an error is told, since the file is closed then; nothing more is begun
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, reader));
  for (const each of ended) if (each.status === "rejected") throw each.reason;
  return stored as Map<string, StoredTensor>;
}

function sourceOf(file: string, stored: ReadonlyMap<string, StoredTensor>, table: NameTable, device: Device): SavedSource {
  const used = new Set<string>();
  const wantedPaths = new Set<string>();

  const find = (path: string): Found | undefined => {
    wantedPaths.add(path);
    for (const match of table.forPath(path)) {
      const names = match.names.map((spellings) => spellings.find((name) => stored.has(name)));
      if (names.every((name) => name !== undefined)) return { match, names };
    }
    return undefined;
  };

  const load = (path: string, { match, names }: Found, wanted: readonly number[]): Tensor => {
    for (const name of names) used.add(name);
    const tensor = scoped(() => {
      const tensors = names.map((name) => toTensor(stored.get(name) as StoredTensor, { device, name: `${table.name}: ${quoted(name)}` }));
      const part = explained(table, path, names, () => readPart(match.rule, tensors, match.paths.indexOf(path)));
      checkShape(part.shape, wanted, path, names);
      // a parameter owns its memory: a view would keep the whole alive and could not be donated
      return part === tensors[0] ? part : copy(part);
    });
    return tensor;
  };

  const checkShape = (got: readonly number[], wanted: readonly number[], path: string, names: readonly string[]): void => {
    if (String(got) === String(wanted)) return;
    const sources = names.map((name) => `${quoted(name)} ${shown(stored.get(name)?.shape ?? [])}`).join(", ");
    const hint = wanted.length > 1 && String(got) === String(wanted.toReversed()) ? "; say `transposed` in the name table?" : "";
    throw new CheckpointError(`${table.name}: ${path} is ${shown(wanted)} in the model, but ${shown(got)} from ${sources} in ${file}${hint}`);
  };

  const missing = (path: string): CheckpointError => {
    const looked = table.forPath(path).flatMap(({ names }) => names.flat());
    if (looked.length === 0) return new CheckpointError(`${table.name}: no tensor for ${path}: no line of the name table fits this path`);
    const all = looked.map(quoted).join(", ");
    const absent = looked.find((name) => !stored.has(name)) ?? path;
    return new CheckpointError(
      `${table.name}: no tensor for ${path} (looked for ${all}); the file has ${stored.size} tensors${nearestOf(absent, stored.keys())}`,
    );
  };

  return {
    read: (path, wanted) => {
      const found = find(path);
      if (!found) throw missing(path);
      return load(path, found, wanted.shape);
    },
    done: () => {
      const left = [...stored.keys()].filter((name) => !used.has(name));
      if (left.length > 0) throw leftOver(table, file, left, stored.size, wantedPaths);
      used.clear();
    },
    partial: {
      read: (path, wanted) => {
        const found = find(path);
        return found && load(path, found, wanted.shape);
      },
    },
  };
}

interface Found {
  readonly match: Match;
  readonly names: readonly string[];
}

/** Runs a transform, and says of whom when it fails. */
function explained<Result>(table: NameTable, path: string, names: readonly string[], run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!TensorError.is(error) && !CheckpointError.is(error)) throw error;
    throw new CheckpointError(`${table.name}: ${path} can't be made from ${names.map(quoted).join(", ")}: ${error.message}`, { cause: error });
  }
}

function leftOver(table: NameTable, file: string, left: readonly string[], count: number, paths: ReadonlySet<string>): CheckpointError {
  const shownFirst = left.slice(0, 3).map((name) => {
    const path = table.forName(name)?.paths[0];
    const near = nearest(path ?? name, paths);
    return `${quoted(name)} (${path === undefined ? "in no line of the name table" : `would be ${path}`}${near === undefined ? "" : `, nearest in the model ${near}`})`;
  });
  const more = left.length > shownFirst.length ? ` and ${left.length - shownFirst.length} more` : "";
  const cure = "add them to the name table, as ignored() if the model does without";
  return new CheckpointError(
    `${table.name}: the model has no place for ${left.length} of the ${count} tensors of ${file}: ${shownFirst.join(", ")}${more}; ${cure}`,
  );
}
