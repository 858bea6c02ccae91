import type { Transform } from "./transform.ts";

/** One line of a name table: which tensors of a checkpoint are which of the tree, and how. */
export interface Rule {
  /** The names in the checkpoint, a list of spellings for each tensor: the first is written, any of them is read. */
  readonly names: readonly (readonly string[])[];
  /** The paths in the tree. */
  readonly paths: readonly string[];
  /** What is done to the whole, between joining the names and cutting it into the paths. */
  readonly transform?: Transform;
  /** The axis along which several names or paths are one tensor. */
  readonly axis: number;
  /** How that axis is divided, in proportion; equal parts unless said. */
  readonly sizes?: readonly number[];
}

/** A name in a checkpoint, or several spellings of it: the first is written, any of them is read. */
export type Spellings = string | readonly string[];

const spellings = (name: Spellings): readonly string[] => (typeof name === "string" ? [name] : name);

/**
 * One tensor under two names, changed by a transform if there is one. Where checkpoints differ, a list of spellings is read and the first
 * one is written: `rename(["norm.weight", "norm.gamma"], "norm.weight")`.
 */
export function rename(name: Spellings, path: string, transform?: Transform): Rule {
  return { names: [spellings(name)], paths: [path], axis: 0, ...(transform ? { transform } : {}) };
}

/** How one tensor is several. */
export interface PartsOptions {
  /** The axis along which they lie one after the other; the first unless said. */
  readonly axis?: number;
  /** How the axis is divided, as sizes or in proportion: `[heads, kvHeads, kvHeads]`. Equal parts unless said. */
  readonly sizes?: readonly number[];
  /** What is done to the whole: before it is cut when it is `fused`, after it is put together when it is `joined`. */
  readonly transform?: Transform;
}

/** One tensor of the checkpoint that is several in the tree: first transformed, then cut. */
export function fused(name: Spellings, paths: readonly string[], options: PartsOptions = {}): Rule {
  return { names: [spellings(name)], paths, axis: 0, ...options };
}

/** Several tensors of the checkpoint that are one in the tree: first put together, then transformed. */
export function joined(names: readonly Spellings[], path: string, options: PartsOptions = {}): Rule {
  return { names: names.map(spellings), paths: [path], axis: 0, ...options };
}

/** Tensors of the checkpoint that the tree does without: buffers, second copies of tied weights. They are not read, and not written. */
export function ignored(...names: readonly string[]): Rule {
  return { names: names.map((name) => [name]), paths: [], axis: 0 };
}

/**
 * Rules whose checkpoint names all begin with a prefix. With `optional` a checkpoint without it is read too (a body saved without its
 * head); it is always written.
 */
export function prefixed(prefix: string, rules: readonly Rule[], { optional = false }: { readonly optional?: boolean } = {}): Rule[] {
  const withPrefix = (name: string): string[] => (optional ? [prefix + name, name] : [prefix + name]);
  return rules.map((rule) => ({ ...rule, names: rule.names.map((all) => all.flatMap(withPrefix)) }));
}
