import {
  alibi,
  crossAttention,
  type EmbeddedPosition,
  learnedPositions,
  multiHeadAttention,
  type Position,
  rotary,
  sinusoidalPositions,
  t5Bias,
} from "@ashlar/attention";
import { feedForward, preNorm, stack } from "@ashlar/blocks";
import { layerNorm, normal } from "@ashlar/nn";
import { encoderDecoder, sharedEncoderDecoder } from "../encoder-decoder.ts";
import { languageModel } from "../language-model.ts";

export const vocab = 11;
const [dim, heads, positions] = [8, 2, 40];
// wide enough that what a position sees shows in its logits
const initial = normal(0.5);

interface Order {
  readonly position?: Position | null;
  readonly shared?: Position | null;
  readonly embedded?: EmbeddedPosition | null;
}

/** Where order comes from: in the attention, in the whole stack, in the embeddings, or nowhere but the mask. */
export const schemes = {
  rotary: { position: rotary() },
  interleaved: { position: rotary({ dims: 2, interleaved: true }) },
  alibi: { position: alibi({ heads }) },
  t5: { shared: t5Bias({ heads, buckets: 4, maxDistance: 6, bidirectional: false }) },
  learned: { embedded: learnedPositions(positions, dim, { initial }) },
  sinusoidal: { embedded: sinusoidalPositions(dim) },
  none: {},
} satisfies Record<string, Order>;

/** The name of a scheme. */
export type Scheme = keyof typeof schemes;

const partsOf = (scheme: Scheme, kvHeads: number) => {
  const { position = null, shared = null, embedded = null }: Order = schemes[scheme];
  const attention = multiHeadAttention({ dim, heads, kvHeads, position, initial });
  const block = { attention, feedForward: feedForward(dim, { hidden: 12, initial }), norm: layerNorm(dim) };
  return { block, shared, inputs: { vocab, dim, initial, positions: embedded } };
};

/** A small language model. */
export const smallLanguageModel = (scheme: Scheme, kvHeads = 2) => {
  const { block, shared, inputs } = partsOf(scheme, kvHeads);
  return languageModel({ ...inputs, stack: stack({ blocks: 2, of: preNorm(block), norm: layerNorm(dim), position: shared }) });
};

/** A small encoder-decoder with two stacks, or with one that reads both sides. */
export const smallEncoderDecoder = (scheme: Scheme, kvHeads = 2, { oneStack = false } = {}) => {
  const { block, shared, inputs } = partsOf(scheme, kvHeads);
  const crossing = stack({ blocks: 2, of: preNorm({ ...block, cross: crossAttention({ dim, heads, initial }) }), norm: layerNorm(dim), position: shared });
  if (oneStack) return sharedEncoderDecoder(languageModel({ ...inputs, stack: crossing }));
  return encoderDecoder({ ...inputs, encoder: stack({ blocks: 1, of: preNorm(block), norm: layerNorm(dim), position: shared }), decoder: crossing });
};
