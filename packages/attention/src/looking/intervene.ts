import type { Tensor } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { Names } from "./names.ts";

/** Gives what takes the place of a value: a tensor of the same shape and type. */
export type Change = (value: Tensor, name: string) => Tensor;

/** Values on the way through a model that are replaced. */
export class Interventions {
  /** What was asked for, and what was met. */
  readonly asked: Names;
  readonly #changes: Readonly<Record<string, Change>>;

  /** `intervene` makes them. */
  constructor(changes: Readonly<Record<string, Change>>) {
    this.asked = new Names("intervene", Object.keys(changes));
    this.#changes = changes;
  }

  /** What takes the place of a value: what `tapped` calls. @throws AttentionError when it has another shape or type. */
  apply(name: string, value: Tensor): Tensor {
    return this.asked.meet(name).reduce((before, pattern) => {
      const after = (this.#changes[pattern] as Change)(before, name);
      if (String(after.shape) !== String(before.shape) || after.dtype !== before.dtype)
        throw new AttentionError(`intervene: expected ${shown(before)} in place of "${name}", got ${shown(after)}`);
      return after;
    }, value);
  }
}

const shown = ({ dtype, shape }: Tensor): string => `${dtype} [${shape.join(", ")}]`;

/**
 * Replaces values on the way through a model: ablation, steering, patching. Names are those of `taps`; several that fit one value act in their
 * order. Gradients flow through what is put in, and taps see it. What a change is given is freed with the block that it is in, unless a gradient is
 * being recorded: to keep a value, tap it.
 *
 * @throws AttentionError when there is no name; the model throws one that names the nearest when a name meets nothing, and when what is put in
 * has another shape or type.
 *
 * @example
 * ```ts
 * import { intervene } from "@ashlar/attention";
 * import { mul } from "@ashlar/tensor";
 * const withoutThird = intervene({ "stack.blocks.2.attention": (x) => mul(x, 0) }); // run(tokens, { mask, interventions: withoutThird })
 * ```
 */
export function intervene(changes: Readonly<Record<string, Change>>): Interventions {
  return new Interventions(changes);
}
