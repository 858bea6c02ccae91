import type { Device } from "@ashlar/backend";
import { scoped, type Tensor, TensorError } from "@ashlar/tensor";
import { CheckpointError, quoted, shown } from "./errors.ts";
import type { CheckpointFiles } from "./files/locate.ts";
import { type Checkpoint, open } from "./files/open.ts";
import { copyAsItLies, coversItsMemory, liesWell } from "./lying.ts";
import { nearest, nearestOf } from "./names/nearest.ts";
import { readPart } from "./names/parts.ts";
import { type Match, type NameTable, sameNames } from "./names/table.ts";
import { readTo, type Waiting } from "./waiting.ts";

/** Where and how the tensors of a checkpoint are read. */
export interface SavedOptions {
  /** The device that gets them. */
  readonly device: Device;
  /** How its names become paths; unless given they are the same. */
  readonly table?: NameTable;
  /**
   * Where tensors wait until they are asked for. `"device"`, the default: a device that has a place for the bytes of a file gets them straight from
   * there, and a tensor is handed out once. `"host"`: they lie in arrays and are put on the device one by one, for a source that makes something
   * smaller of them (`quantizing`).
   */
  readonly waiting?: "device" | "host";
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
 * Reads a checkpoint into a source for `init`: `init(model, await saved("folder", { device, table }))`. The bytes are read here, as they are
 * stored; each tensor belongs to the scope where `init` asks for it. It owns its memory, and lies there as in the checkpoint: a matrix that is
 * `transposed` is a view along its columns, which products read as they read rows.
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
export async function saved(files: CheckpointFiles | Checkpoint, { device, table = sameNames(), waiting = "device" }: SavedOptions): Promise<SavedSource> {
  if (isOpen(files)) return sourceOf(files.name, await readAll(files, { device, table, waiting }), table);
  await using checkpoint = await open(files);
  return sourceOf(checkpoint.name, await readAll(checkpoint, { device, table, waiting }), table);
}

const isOpen = (files: CheckpointFiles | Checkpoint): files is Checkpoint => typeof files === "object" && "tensors" in files;

/** How many reads are under way at once: a copy out of a disk's cache keeps a core busy, and there are others. */
const AT_ONCE = 4;

/** All but what the table ignores, in the order of the file. */
async function readAll(checkpoint: Checkpoint, { device, table, waiting }: Required<SavedOptions>): Promise<Map<string, Waiting>> {
  const names = [...checkpoint.tensors.keys()].filter((name) => table.forName(name)?.paths.length !== 0);
  const read = new Map<string, Waiting | null>(names.map((name) => [name, null]));
  const left = names.values();
  let failed = false;
  const reader = async (): Promise<void> => {
    for (const name of left) {
      if (failed) return;
      try {
        read.set(name, await readTo(waiting, checkpoint, name, device));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // what is under way ends before an error is told, since the file is closed then; nothing more is begun, and nothing stays on the device
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, reader));
  for (const each of ended) {
    if (each.status === "fulfilled") continue;
    for (const tensor of read.values()) tensor?.drop();
    throw each.reason;
  }
  return read as Map<string, Waiting>;
}

function sourceOf(file: string, stored: ReadonlyMap<string, Waiting>, table: NameTable): SavedSource {
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
    const waiting = names.map((name) => stored.get(name) as Waiting);
    return scoped(() => {
      const tensors = waiting.map((each, index) => each.tensor(`${table.name}: ${quoted(names[index] as string)}`));
      const part = explained(table, path, names, () => readPart(match.rule, tensors, match.paths.indexOf(path)));
      checkShape(part.shape, wanted, path, names);
      const from = waiting[tensors.findIndex(({ storage }) => storage === part.storage)];
      // a parameter owns its memory: a part would keep the whole alive and could not be donated
      const isOwn = coversItsMemory(part) && liesWell(part) && from?.handOut(part) !== false;
      const own = isOwn ? part : copyAsItLies(part);
      if (!isOwn || !from) for (const each of waiting) each.copied(path, match.paths);
      return own;
    });
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
      for (const each of stored.values()) each.drop();
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
