import { cast, scoped, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import type { Source } from "./init.ts";
import { isMatrix, type Param } from "./module.ts";
import type { PartialSource } from "./taken.ts";

/** Which weights are cast. */
export interface CastingOptions {
  /** Which matrices and tables, by path (`body.stack.blocks.0.feedForward.up.weight`); all unless said. */
  readonly where?: (path: string) => boolean;
}

/**
 * A source for `init` that gets weights from another and gives the matrices (those of linear layers and of embeddings, which a tied head shares) and
 * the tables that are looked up in float16 or bfloat16: half the bytes, rounded to the nearest. Norms and biases stay as they are. The model is the
 * same: `affine` and `take` read 16 bits as they lie and compute in float32. Weights come one after the other, so that no more than one of them is
 * whole. float16 has 11 bits for numbers up to 65,504, beyond which it has Infinity; bfloat16 has 8 and the range of float32.
 *
 * No gradient goes to such weights; what else a model has can be trained beside them.
 *
 * @throws what the other source throws; NnError for another type, or where `taken(…)` has no tensor.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, casting, embedding, fresh, init } from "@ashlar/nn";
 * import { tensor } from "@ashlar/tensor";
 * const device = reference();
 * const table = embedding(50257, 64);
 * const params = init(table, casting(fresh(0, { device }), "bfloat16")); // { weight: bfloat16 [50257, 64] }
 * bind(table, params)(tensor([[464, 3290]], { device, dtype: "int32" })); // float32 [1, 2, 64]
 * ```
 */
export function casting(source: Source | PartialSource, dtype: "float16" | "bfloat16", { where = () => true }: CastingOptions = {}): Source {
  if (dtype !== "float16" && dtype !== "bfloat16")
    throw new NnError(`casting: expected float16 or bfloat16, got ${dtype}; weights of 8 and 4 bits come from quantizing(…)`);
  const get = (path: string, wanted: Param): Tensor => {
    const found = source.read(path, wanted);
    if (!found) throw new NnError(`casting: no tensor for "${path}"`);
    return found;
  };
  return {
    read: (path, wanted) => (isStored(wanted) && where(path) ? scoped(() => cast(get(path, wanted), dtype)) : get(path, wanted)),
    done: () => source.done?.(),
  };
}

/** Whether the ops that read a parameter take it in 16 bits. */
function isStored(wanted: Param): boolean {
  return (isMatrix(wanted) || wanted.lookup) && !wanted.quantized;
}
