import type { PerPosition } from "@ashlar/blocks";
import { type AnyModule, define, type Initial, linear, normal, param, zeros } from "@ashlar/nn";
import { affine, gelu, mul, type Quantized, type Tensor, type Unary } from "@ashlar/tensor";

/** States [batch, time, dim] and the token embeddings [vocab, dim], which may be kept quantized, to logits [batch, time, vocab]. */
export type VocabularyHead = AnyModule<[states: Tensor, embeddings: Tensor | Quantized], Tensor>;

/**
 * The token embeddings once more, as the last product (Press & Wolf 2017): no weights of its own. `scale` multiplies the states first; T5
 * uses `dim ** -0.5`.
 */
export const tiedHead = ({ scale = 1 }: { readonly scale?: number } = {}) =>
  define({}, (_, states: Tensor, embeddings: Tensor | Quantized): Tensor => affine(scale === 1 ? states : mul(states, scale), embeddings, null));

/** A linear layer of its own. */
export const linearHead = (
  dim: number,
  vocab: number,
  { bias = false, initial = normal(0.02) }: { readonly bias?: boolean; readonly initial?: Initial } = {},
) => define({ output: linear(dim, vocab, { bias, initial }) }, ({ output }, states: Tensor, _embeddings: Tensor | Quantized): Tensor => output(states));

/** What BERT's head is made of. */
export interface TransformedHeadParts<Norm extends PerPosition> {
  /** The width of the states. */
  readonly dim: number;
  /** How many different tokens there are. */
  readonly vocab: number;
  /** The norm before the last product. */
  readonly norm: Norm;
  /** What follows the linear layer; GELU unless said. */
  readonly activation?: Unary;
  /** The first numbers of the linear layer. */
  readonly initial?: Initial;
}

/** BERT's head for masked tokens: a linear layer, an activation and a norm, then the embeddings with a bias of their own. */
export const transformedHead = <Norm extends PerPosition>({ dim, vocab, norm, activation = gelu, initial = normal(0.02) }: TransformedHeadParts<Norm>) =>
  define(
    { transform: linear(dim, dim, { initial }), norm, bias: param([vocab], zeros) },
    ({ transform, norm: normalise, bias }, states: Tensor, embeddings: Tensor | Quantized): Tensor =>
      affine(normalise(activation(transform(states))), embeddings, bias),
  );
