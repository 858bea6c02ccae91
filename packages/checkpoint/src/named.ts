import { paths, scoped, type Tensor, TensorError } from "@ashlar/tensor";
import { CheckpointError, quoted } from "./errors.ts";
import { nearestOf } from "./names/nearest.ts";
import { writeParts } from "./names/parts.ts";
import { type Match, type NameTable, sameNames } from "./names/table.ts";

/**
 * The tensors of a tree under the names of a checkpoint: the reverse of `saved`. Parts of a fused tensor are put together again.
 *
 * @throws CheckpointError for a path that no line of the table fits, a fused tensor that lacks a part, or two tensors of one name.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { named, rename, table, transposed } from "@ashlar/checkpoint";
 * import { ones } from "@ashlar/tensor";
 * const params = { up: { weight: ones([8, 2], { device: reference() }) } };
 * named(params, table([rename("c_fc.weight", "up.weight", transposed)])); // { "c_fc.weight": Tensor [2, 8] }
 * ```
 */
export function named(params: unknown, table: NameTable = sameNames()): Record<string, Tensor> {
  const tree = new Map(paths(params));
  const result = new Map<string, Tensor>();
  const done = new Set<string>();
  return scoped(() => {
    for (const path of tree.keys()) {
      if (done.has(path)) continue;
      const match = matchFor(path, tree, table);
      for (const part of match.paths) done.add(part);
      const tensors = writeAll(table, match, tree);
      for (const [index, tensor] of tensors.entries()) {
        const name = match.names[index]?.[0] as string;
        if (result.has(name)) throw new CheckpointError(`${table.name}: ${path} and another path both become ${quoted(name)}`);
        result.set(name, tensor);
      }
    }
    return Object.fromEntries(result);
  });
}

function matchFor(path: string, tree: ReadonlyMap<string, Tensor>, table: NameTable): Match {
  const matches = table.forPath(path);
  const whole = matches.find((match) => match.paths.every((part) => tree.has(part)));
  if (whole) return whole;
  const [first] = matches;
  if (!first) throw new CheckpointError(`${table.name}: no line of the name table fits the path ${path}`);
  const lacking = first.paths.find((part) => !tree.has(part)) as string;
  throw new CheckpointError(
    `${table.name}: ${quoted(first.names[0]?.[0] as string)} is made of ${first.paths.join(", ")}, but the model has no ${lacking}${nearestOf(lacking, tree.keys())}`,
  );
}

function writeAll(table: NameTable, match: Match, tree: ReadonlyMap<string, Tensor>): Tensor[] {
  try {
    return writeParts(
      match.rule,
      match.paths.map((path) => tree.get(path) as Tensor),
    );
  } catch (error) {
    if (!TensorError.is(error) && !CheckpointError.is(error)) throw error;
    const names = match.names.map(([name]) => quoted(name as string)).join(", ");
    throw new CheckpointError(`${table.name}: ${names} can't be made from ${match.paths.join(", ")}: ${error.message}`, { cause: error });
  }
}
