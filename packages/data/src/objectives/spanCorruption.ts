import { onlyKnown } from "../check.ts";
import { complement } from "../corrupt/complement.ts";
import { type SentinelOptions, spansToSentinels } from "../corrupt/sentinels.ts";
import type { EncoderDecoderExample } from "../example.ts";
import { type SpanNoiseOptions, spanNoise } from "../noise/span.ts";
import type { Randomness } from "../random.ts";
import type { Tokens } from "../tokens.ts";
import { denoise } from "./denoise.ts";
import type { SequenceToSequenceOptions } from "./sequenceToSequence.ts";

/** The settings of span corruption. */
export type SpanCorruptionOptions = Randomness & SpanNoiseOptions & SentinelOptions & SequenceToSequenceOptions;

/**
 * T5's final objective: random spans become sentinels in the inputs; the targets hold what stood there, span by span
 * behind its sentinel. Raffel et al. 2020 §3.3.4 (figure 2): `Thank you <X> me to your party <Y> week` →
 * `<X> for inviting <Y> last`.
 *
 * Sentinels descend from vocab − 1 on both sides separately; a text that begins without noise, as all unrolled ones do,
 * gives inputs and targets the same sentinel for the same span.
 * @throws DataError for an empty text, or more spans than sentinels.
 * @example
 * const { inputs, targets } = spanCorruption([10, 11, 12, 13, 14, 15, 16, 17], { vocab: 1000, end: 1, seed: 3 });
 */
export function spanCorruption(tokens: Tokens, options: SpanCorruptionOptions): EncoderDecoderExample {
  onlyKnown("spanCorruption", options, ["density", "meanSpan", "roll", "vocab", "sentinels", "start", "end", "seed", "random"]);
  const { density, meanSpan, roll, vocab, sentinels, ...rest } = options;
  const noise = spanNoise({ ...(density !== undefined && { density }), ...(meanSpan !== undefined && { meanSpan }), ...(roll !== undefined && { roll }) });
  const toSentinels = spansToSentinels({ vocab, ...(sentinels !== undefined && { sentinels }) });
  // Kept text becomes sentinels in the targets; a final one, after a last span of text, closes them.
  return denoise(tokens, { ...rest, noise, inputs: toSentinels, targets: complement(toSentinels) });
}
