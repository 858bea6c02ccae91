import type { Device } from "@ashlar/backend";
import type { Decoded, Decoder } from "@ashlar/generate";
import { causal } from "@ashlar/mask";
import type { LanguageModel } from "@ashlar/models";
import { bind, type ParamsOf } from "@ashlar/nn";
import { fromData, reshape, take } from "@ashlar/tensor";

/** Where a model is and how much it reads. */
export interface WindowedOptions {
  /** Where it lives. */
  readonly device: Device;
  /** The tokens of a window: as many as it was trained on. */
  readonly context: number;
}

/**
 * Decodes one text by reading the last `context` tokens anew for each next one. More work than with a cache, but every step has the same shapes, so
 * that a device which compiles for shapes compiles once; and the model never sees more than it was trained on.
 */
export function windowed<Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>, { device, context }: WindowedOptions): Decoder<null> {
  const text: number[] = [];
  const next = (): Decoded<null> => {
    const seen = text.slice(-context);
    const ids = new Int32Array(context); // what is behind the last token is never seen
    ids.set(seen);
    const states = bind(model.read, params)(fromData(ids, [1, context], { device }).ranked(2), { mask: causal }); // [1, context, dim]
    const last = fromData(Int32Array.of(seen.length - 1), [1], { device });
    return { logits: bind(model.score, params)(take(reshape(states, [context, -1]), last)), state: null }; // [1, vocab]
  };
  return {
    begin([prompt]) {
      text.splice(0, text.length, ...prompt!);
      return next();
    },
    step([token]) {
      text.push(token!);
      return next();
    },
  };
}
