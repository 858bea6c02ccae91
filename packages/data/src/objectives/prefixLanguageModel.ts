import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import type { Example } from "../example.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of prefix language modelling. */
export interface PrefixLanguageModelOptions {
  /** Put this id in front: inputs become the whole text shifted right, as T5 does. Without it inputs are all tokens but the last. */
  readonly start?: number;
  /**
   * The one-off rule, for shifted inputs only: the last source token sits at position `source.length`, so the two-way
   * region is `source.length + 1` positions. Default: true. Without the rule the last source token is seen from later positions only.
   */
  readonly oneOff?: boolean;
  /** Append this id to the target. */
  readonly end?: number;
  /** Which tokens' prediction counts. `"all"` includes the source, which the two-way region can see: only for causal masks. Default: "target". */
  readonly loss?: "target" | "all";
  /** The padding id: predicting it does not count. */
  readonly pad?: number;
}

/**
 * Source and target as one text, read in both directions up to `prefix` and from left to right after it; the loss counts
 * the target. Raffel et al. 2020 §3.2.1.
 *
 * With source A B, target C D and start S: inputs S A B C, targets A B C D, weights 0 0 1 1, prefix 3.
 * Without a start token: inputs A B C, targets B C D, weights 0 1 1, prefix 2. Either way every target token is predicted
 * by positions that see the whole source and no target token from itself on.
 * @throws DataError when nothing is left to predict, or when `oneOff` is set for inputs that are not shifted.
 */
export function prefixLanguageModel(source: Tokens, target: Tokens, options: PrefixLanguageModelOptions = {}): Example {
  onlyKnown("prefixLanguageModel", options, ["start", "oneOff", "end", "loss", "pad"]);
  const { start, oneOff, end, loss = "target", pad } = options;
  if (loss !== "target" && loss !== "all") throw new DataError(`prefixLanguageModel: loss must be "target" or "all", got ${String(loss)}`);
  if (start === undefined && oneOff !== undefined) {
    throw new DataError("prefixLanguageModel: oneOff says how far shifted inputs see; give a start id, or leave oneOff out");
  }
  const before = tokenIds("prefixLanguageModel: source", source);
  const after = tokenIds("prefixLanguageModel: target", target, end === undefined ? 1 : 0);
  const whole = Int32Array.from([...before, ...after, ...(end === undefined ? [] : [wholeNumber("prefixLanguageModel", "end", end, 0)])]);

  const shifted = start !== undefined;
  const inputs = shifted ? Int32Array.from([wholeNumber("prefixLanguageModel", "start", start, 0), ...whole.subarray(0, -1)]) : whole.slice(0, -1);
  const targets = shifted ? whole : whole.slice(1);
  if (inputs.length === 0) throw new DataError("prefixLanguageModel: one token in all leaves nothing to predict; give a source or a start id");

  const firstTarget = shifted ? before.length : before.length - 1;
  const lossWeights = Float32Array.from(targets, (token, i) => ((loss === "all" || i >= firstTarget) && token !== pad ? 1 : 0));
  const prefix = Math.min(inputs.length, before.length + (shifted && (oneOff ?? true) ? 1 : 0));
  return { inputs, targets, lossWeights, prefix };
}
