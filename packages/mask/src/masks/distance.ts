import { wholeNumber } from "../check.ts";
import { build, type Mask, type MaskForm } from "../mask.ts";

// Masks that depend on key − query alone: a band from `low` to `high`.
function band(form: MaskForm, low: number, high: number): Mask {
  return build(form, {
    dependsOn: "distance",
    allows: (query, key) => key - query >= low && key - query <= high,
    tile(queries, keys) {
      const nearest = keys.start - (queries.end - 1);
      const farthest = keys.end - 1 - queries.start;
      if (farthest < low || nearest > high) return "none";
      return nearest >= low && farthest <= high ? "all" : "some";
    },
  });
}

/** Every query sees every key: encoders, and cross-attention. */
export const full: Mask = band({ kind: "full", parameters: {} }, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

/** A query sees itself and what stands before it, `key <= query`: decoders (Vaswani et al. 2017, arXiv 1706.03762). */
export const causal: Mask = band({ kind: "causal", parameters: {} }, Number.NEGATIVE_INFINITY, 0);

/**
 * A query sees itself and the `length − 1` before it, `0 <= query − key < length`: `length` keys in all, as `sliding_window` counts in
 * Hugging Face configurations. Mistral's one-file reference, attention-gym and flash-attention's `window_size=(W, 0)` show one more:
 * `slidingWindow(W + 1)` or `bidirectionalWindow(W, 0)`.
 *
 * @throws MaskError unless the length is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { draw, slidingWindow } from "@ashlar/mask";
 * console.log(draw(slidingWindow(3), 6));
 * ```
 */
export function slidingWindow(length: number): Mask {
  wholeNumber("slidingWindow", "the length", length, 1);
  return band({ kind: "slidingWindow", parameters: { length } }, 1 - length, 0);
}

/**
 * A query sees itself, `before` positions before it and `after` after it, both ends included: `before + 1 + after` keys. So counts
 * Hugging Face's bidirectional window W (`bidirectionalWindow(W)`) and flash-attention's `window_size=(left, right)`; Longformer's
 * `attention_window` is both sides together (`bidirectionalWindow(attentionWindow / 2)`).
 *
 * @throws MaskError unless both are whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { bidirectionalWindow } from "@ashlar/mask";
 * bidirectionalWindow(2).allows(5, 7, 0); // true
 * bidirectionalWindow(2, 1).allows(5, 7, 0); // false
 * ```
 */
export function bidirectionalWindow(before: number, after: number = before): Mask {
  wholeNumber("bidirectionalWindow", "before", before);
  wholeNumber("bidirectionalWindow", "after", after);
  return band({ kind: "bidirectionalWindow", parameters: before === after ? { before } : { before, after } }, -before, after);
}

/**
 * A query sees keys at distances that are multiples of `step`, on both sides. With a window it is a dilated window (Longformer, Beltagy et
 * al. 2020, arXiv 2004.05150), with `or(slidingWindow(step), …)` and `causal` the strided pattern of Sparse Transformers (Child et al. 2019,
 * arXiv 1904.10509).
 *
 * @throws MaskError unless the step is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { and, bidirectionalWindow, dilated, draw } from "@ashlar/mask";
 * console.log(draw(and(bidirectionalWindow(2 * 3), dilated(3)), 12)); // two keys on each side, three apart
 * ```
 */
export function dilated(step: number): Mask {
  wholeNumber("dilated", "the step", step, 1);
  return build(
    { kind: "dilated", parameters: { step } },
    {
      dependsOn: "distance",
      allows: (query, key) => (query - key) % step === 0,
      tile(queries, keys) {
        const nearest = keys.start - (queries.end - 1);
        const farthest = keys.end - 1 - queries.start;
        if (Math.ceil(nearest / step) * step > farthest) return "none";
        return step === 1 || nearest === farthest ? "all" : "some";
      },
    },
  );
}
