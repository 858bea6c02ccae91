import { type Keeper, keeper, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { type NameOf, Names } from "./names.ts";

/** Values on the way through a model, by name, as the latest call had them. */
export class Taps<Pattern extends string = string> {
  /** What was asked for, and what was met. */
  readonly asked: Names;
  readonly #values = new Map<string, Tensor>();
  readonly #keeper: Keeper = keeper();

  /** `taps` makes them. */
  constructor(patterns: readonly Pattern[]) {
    this.asked = new Names("taps", patterns);
  }

  /** The names that were met, in the order in which the model computes. */
  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** The value of a name in the latest call that met it. @throws AttentionError when there is none. */
  get(name: NameOf<Pattern>): Tensor {
    const value = this.#values.get(name);
    if (!value) throw new AttentionError(this.asked.missing(name));
    return value;
  }

  /** The values of all names that a pattern fits, in the order in which the model computes. @throws AttentionError when there is none. */
  all(pattern: Pattern | NameOf<Pattern>): Tensor[] {
    const asked = new Names("taps", [pattern]);
    const found = [...this.#values].flatMap(([name, value]) => (asked.meet(name).length > 0 ? [value] : []));
    if (found.length === 0) throw new AttentionError(this.asked.missing(pattern));
    return found;
  }

  /** Forgets the values, so that their memory can be collected. */
  clear(): void {
    this.#values.clear();
  }

  /** Takes a value if it was asked for: what `tapped` calls. */
  offer(name: string, value: Tensor): void {
    if (this.asked.meet(name).length === 0) return;
    this.#keeper.keep(value);
    this.#values.set(name, value);
  }
}

/**
 * Asks for values on the way through a model: hand it to a call, and read them afterwards. In a name `*` stands for any one part between dots,
 * `**` for any number. Whoever asks for nothing pays nothing: the scores and weights of attention are computed only where they are tapped.
 *
 * Values are the model's own tensors, so gradients flow through them, and they live as long as the scope that `taps` was called in (without
 * one, as long as something refers to them). A later call with the same taps replaces what it meets again. In a function that is
 * `checkpointed` they are values without a gradient.
 *
 * @throws AttentionError when there is no name; the model throws one that names the nearest when a name meets nothing.
 *
 * @example
 * ```ts
 * import { taps } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal } from "@ashlar/mask";
 * import { gpt2LanguageModel } from "@ashlar/models";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { tensor } from "@ashlar/tensor";
 * const { model } = gpt2LanguageModel({ vocab_size: 32, n_positions: 16, n_embd: 16, n_layer: 2, n_head: 2 });
 * const device = reference();
 * const seen = taps(["stack.blocks.*", "stack.blocks.*.attention.weights"]);
 * bind(model, init(model, fresh(0, { device })))(tensor([[1, 2, 3]], { device, dtype: "int32" }), { mask: causal, taps: seen });
 * seen.get("stack.blocks.1"); // [batch, time, dim]
 * seen.get("stack.blocks.0.attention.weights"); // [batch, heads, queries, keys]
 * ```
 */
export function taps<const Pattern extends string>(patterns: readonly Pattern[]): Taps<Pattern> {
  return new Taps(patterns);
}
