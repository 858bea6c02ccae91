import { TensorError } from "./errors.ts";
import type { Storage } from "./storage.ts";
import { recording } from "./tape.ts";
import { Tensor } from "./tensor.ts";
import { leaves } from "./tree.ts";

const scopes: Set<Storage>[] = [];

/** Puts a fresh storage under the innermost scope, or under the garbage collector when there is none. */
export function own(storage: Storage): void {
  const scope = scopes.at(-1);
  if (scope) scope.add(storage);
  else storage.release();
}

/** Whether the innermost scope owns a storage: it was made since that scope began. */
export function ownedHere(storage: Storage): boolean {
  return scopes.at(-1)?.has(storage) ?? false;
}

/** Frees a storage at once if the innermost scope owns it. */
export function freeOwned(storage: Storage, by: string): void {
  if (scopes.at(-1)?.delete(storage)) storage.free(by);
}

/**
 * Runs a function and frees every tensor made inside, except those in what it returns (a tensor, or a tree of arrays and plain objects),
 * which pass to the scope outside. When it throws, everything made inside is freed. While a gradient is being recorded around it, the tape
 * still needs what was made, so all passes to the scope outside.
 *
 * @throws TensorError when the function is asynchronous: read after the scope, not inside.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { add, mul, scoped, tensor } from "@ashlar/tensor";
 * const x = tensor([1, 2], { device: reference() });
 * const y = scoped(() => add(mul(x, x), 1)); // the square is freed, y stays
 * ```
 */
export function scoped<T>(run: () => T): T {
  const scope = new Set<Storage>();
  scopes.push(scope);
  let kept: Iterable<Storage> = [];
  try {
    const result = run();
    if (result instanceof Promise) {
      // what is left of it would fail on freed memory: this error says why
      result.catch(() => undefined);
      throw new TensorError("scoped: expected a function that is done when it returns, got an async one; await after the scope");
    }
    kept = recording() ? scope : storagesOf(result);
    return result;
  } finally {
    scopes.pop();
    for (const storage of new Set(kept)) if (scope.delete(storage)) own(storage);
    for (const storage of scope) storage.free("its scope");
  }
}

/**
 * Hands a value through steps, each of which is given what the one before returned, and frees what they make as it goes: a step is a scope, and
 * what it returned is freed when the next one is done. So the steps take the memory of the largest of them, not of all together, unless a
 * gradient is being recorded around them, which needs everything. What else is to outlive a step goes to a `keeper`.
 *
 * @throws TensorError when a step is asynchronous.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { add, exp, mul, tensor, through } from "@ashlar/tensor";
 * const x = tensor([1, 2], { device: reference() });
 * const y = through(x, [(x) => add(mul(x, x), 1), exp, (x) => mul(exp(x), x)]);
 * ```
 */
export function through<T>(value: T, steps: readonly ((value: T) => T)[]): T {
  if (recording()) return steps.reduce((before, step) => step(before), value);
  // a step's scope is around the steps before it, so that what they return ends with it
  const upTo = (count: number): T => (count === 0 ? value : scoped(() => (steps[count - 1] as (value: T) => T)(upTo(count - 1))));
  return upTo(steps.length);
}

/** Keeps tensors beyond the scopes that they are made in. */
export interface Keeper {
  /** Moves the tensors of a tree to the keeper's own scope, as if each scope in between had returned them. */
  keep(tree: unknown): void;
}

/**
 * A place for tensors that aren't returned: those handed to `keep` live as long as the scope that is innermost now; when there is none, or it
 * has ended, as long as something refers to them.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { keeper, mul, scoped, sum, tensor, type Tensor } from "@ashlar/tensor";
 * const x = tensor([1, 2], { device: reference() });
 * const { keep } = keeper();
 * let square: Tensor | undefined;
 * const total = scoped(() => {
 *   square = mul(x, x);
 *   keep(square);
 *   return sum(square);
 * });
 * console.log(await total.item(), await square!.data()); // 5, and 1, 4
 * ```
 */
export function keeper(): Keeper {
  const home = scopes.at(-1);
  return {
    keep(tree) {
      const own = home ? scopes.indexOf(home) : -1;
      for (const storage of new Set(storagesOf(tree))) {
        const owner = scopes.findLastIndex((scope) => scope.has(storage));
        if (owner <= own) continue; // lives long enough, or is nobody's
        scopes[owner]?.delete(storage);
        if (own >= 0) home?.add(storage);
        else storage.release();
      }
    },
  };
}

/**
 * Puts tensors that no scope owns (made outside of all, or by something asynchronous) under the innermost scope, as if they were made here. Where
 * there is no scope, they stay as they are.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { adopt, mul, scoped, tensor } from "@ashlar/tensor";
 * const x = tensor([1, 2], { device: reference() });
 * const y = scoped(() => {
 *   adopt(x);
 *   return mul(x, x);
 * }); // y stays, x is freed
 * ```
 */
export function adopt(tree: unknown): void {
  const scope = scopes.at(-1);
  if (!scope) return;
  for (const storage of new Set(storagesOf(tree))) {
    if (scopes.some((each) => each.has(storage))) continue;
    storage.retain();
    scope.add(storage);
  }
}

/** The storages under the tensors of a tree. */
export function storagesOf(tree: unknown): Storage[] {
  return leaves(tree).flatMap((leaf) => (leaf instanceof Tensor ? [leaf.storage] : []));
}
