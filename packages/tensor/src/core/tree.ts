import { TensorError } from "./errors.ts";
import { Tensor } from "./tensor.ts";

/** Arrays and plain objects with something at the leaves. `null` is a place left empty, kept as it is. */
export type Tree<Leaf> = Leaf | null | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** The same tree with other leaves. */
export type Mapped<T, Leaf> = T extends Tensor
  ? Leaf
  : T extends null | undefined
    ? T
    : T extends object
      ? { -readonly [K in keyof T]: Mapped<T[K], Leaf> }
      : Leaf;

function isBranch(value: unknown): value is object {
  if (typeof value !== "object" || value === null || value instanceof Tensor) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function visit(tree: unknown, path: string, see: (leaf: unknown, path: string) => void): void {
  if (tree === null || tree === undefined) return;
  if (isBranch(tree)) for (const [key, value] of Object.entries(tree)) visit(value, join(path, key), see);
  else see(tree, path);
}

/** The leaves of a tree, in the order of its keys. */
export function leaves<T>(tree: T): unknown[] {
  const found: unknown[] = [];
  visit(tree, "", (leaf) => found.push(leaf));
  return found;
}

/** The tensors of a tree with their paths: `["blocks.0.norm.weight", Tensor]`. */
export function paths<T>(tree: T): [path: string, tensor: Tensor][] {
  const found: [string, Tensor][] = [];
  visit(tree, "", (leaf, path) => {
    if (leaf instanceof Tensor) found.push([path, leaf]);
  });
  return found;
}

/** The tensors of a tree, in the order of its keys. */
export function tensors<T>(tree: T): Tensor[] {
  return paths(tree).map(([, tensor]) => tensor);
}

function rebuild(tree: unknown, path: string, change: (leaf: unknown, path: string) => unknown): unknown {
  if (tree === null || tree === undefined) return tree;
  if (Array.isArray(tree)) return tree.map((value, index) => rebuild(value, join(path, String(index)), change));
  if (isBranch(tree)) return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, rebuild(value, join(path, key), change)]));
  return change(tree, path);
}

/**
 * A tree of the same form whose tensors are replaced by what `change` makes of them; everything else stays.
 *
 * @example
 * ```ts
 * import { mapTree, type Tensor } from "@ashlar/tensor";
 * declare const params: { weight: Tensor; bias: Tensor | null };
 * const shapes = mapTree(params, (tensor) => tensor.shape);
 * ```
 */
export function mapTree<T, Leaf>(tree: T, change: (tensor: Tensor, path: string) => Leaf): Mapped<T, Leaf> {
  return rebuild(tree, "", (leaf, path) => (leaf instanceof Tensor ? change(leaf, path) : leaf)) as Mapped<T, Leaf>;
}

/**
 * A tree of the form of `first`, whose tensors are made from those of all trees at the same place.
 *
 * @throws TensorError when a tree has no tensor at a path where the first one has.
 */
export function zipTrees<T, Leaf>(first: T, others: readonly unknown[], join: (tensors: readonly Tensor[], path: string) => Leaf): Mapped<T, Leaf> {
  const tables = others.map((tree) => new Map(paths(tree)));
  return mapTree(first, (tensor, path) => {
    const rest = tables.map((table, index) => {
      const other = table.get(path);
      if (!other) throw new TensorError(`zipTrees: tree ${index + 1} has no tensor at "${path}", where the first one has`);
      return other;
    });
    return join([tensor, ...rest], path);
  });
}
