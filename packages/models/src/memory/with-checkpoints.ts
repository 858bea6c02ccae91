import { type Block, checkpointed } from "@ashlar/blocks";
import { isModule } from "@ashlar/nn";
import type { AnyModel } from "./describe.ts";

/**
 * The same model with all its blocks `checkpointed`: a training step keeps the input of each block alone and runs the block again on the way
 * back, about a third more time for a part of the memory. Parameters, numbers and names stay as they are.
 *
 * @example
 * ```ts
 * import { describe, gpt2LanguageModel, withCheckpoints } from "@ashlar/models";
 * const { model } = gpt2LanguageModel({ vocab_size: 97, n_positions: 64, n_embd: 32, n_layer: 6, n_head: 4 });
 * const sizes = { batch: 8, time: 64 };
 * console.log(describe(model, sizes).run.step, describe(withCheckpoints(model), sizes).run.step);
 * ```
 */
export function withCheckpoints<Model extends AnyModel>(model: Model): Model {
  return changed(model) as Model;
}

/** Stacks hold their blocks as `blocks`, or the one that they repeat as `block`; halves of a model are modules over the same parts. */
function changed(part: unknown, name = ""): unknown {
  if (name === "block" && isModule(part)) return checkpointed(part as Block);
  if (name === "blocks" && Array.isArray(part)) return part.map((block: Block) => checkpointed(block));
  if (Array.isArray(part)) return part.map((child) => changed(child));
  if (typeof part !== "object" || part === null || ("kind" in part && part.kind === "param")) return part;
  return Object.fromEntries(Object.entries(part).map(([key, child]) => [key, changed(child, key)]));
}
