import { bytesPerElement, isContiguous } from "@ashlar/backend";
import { type Tensor, tensors } from "@ashlar/tensor";

type Storage = Tensor["storage"];

/** Frees the memory of a tree at once, but for what another tree needs. */
export function release(tree: unknown, { keep = null, by }: { readonly keep?: unknown; readonly by: string }): void {
  const kept = new Set(tensors(keep).map(({ storage }) => storage));
  for (const { storage } of tensors(tree)) if (!kept.has(storage)) storage.free(by);
}

/**
 * Tensors that a caller gives up, used in turns: memory is free to be written over by its last user, and freed after it. What may be shared
 * (a gradient that is another parameter's too, two views of one array) is counted by storage.
 */
export class GivenUp {
  readonly #uses = new Map<Storage, number>();
  readonly #kept: Set<Storage>;

  /** Everything given up, each tensor as often as it will be used, and what must stay. Nothing given up: no memory is ever touched. */
  constructor(given: readonly Tensor[], kept: unknown = null) {
    for (const { storage } of given) this.#uses.set(storage, (this.#uses.get(storage) ?? 0) + 1);
    this.#kept = new Set(tensors(kept).map(({ storage }) => storage));
  }

  /** Whether a kernel may write over a tensor: this is its last use, and it covers its memory. */
  donatable(tensor: Tensor): boolean {
    const { storage, dtype, offset, size } = tensor;
    if (this.#uses.get(storage) !== 1 || this.#kept.has(storage)) return false;
    return offset === 0 && isContiguous(tensor) && tensor.buffer.bytes === size * bytesPerElement(dtype);
  }

  /** One turn is over: its tensors were used once each, and `results` came out. */
  done(used: readonly Tensor[], results: unknown): void {
    for (const { storage } of tensors(results)) this.#kept.add(storage);
    for (const { storage } of used) {
      const left = (this.#uses.get(storage) ?? 0) - 1;
      this.#uses.set(storage, left);
      if (left === 0 && !this.#kept.has(storage)) storage.free("the optimizer's step");
    }
  }
}
