import type { Mask } from "@ashlar/mask";
import { type AnyModule, type Initial, linear, normal } from "@ashlar/nn";
import { reshape, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import type { Position } from "./positions/position.ts";
import { checkDropout, checkGroups } from "./scaled-dot-product.ts";

/** Normalises each head: [batch, time, heads, headDim] to the same shape. `rmsNorm(headDim)` and `layerNorm(headDim)` are such. */
export type HeadNorm = AnyModule<[heads: Tensor], Tensor>;

/** Gives one more score for each head, [heads]. */
export type Sinks = AnyModule<[], Tensor>;

/** Gives by what a layer's context is multiplied, from its input [batch, time, dim]: [batch, time, heads] or [batch, time, heads · valueDim]. */
export type OutputGate = AnyModule<[states: Tensor], Tensor>;

/** Which projections have biases. */
export interface ProjectionBiases {
  /** That of the queries. */
  readonly query: boolean;
  /** That of the keys. */
  readonly key: boolean;
  /** That of the values. */
  readonly value: boolean;
  /** That of the output. */
  readonly output: boolean;
}

/** The sizes of an attention layer. */
export interface AttentionSizes {
  /** The width of the states. */
  readonly dim: number;
  /** How many query heads. */
  readonly heads: number;
  /** How many key and value heads: `heads` unless said, 1 for multi-query, between for grouped-query attention. */
  readonly kvHeads?: number;
  /** The width of a query's and a key's head; dim / heads unless said. */
  readonly headDim?: number;
  /** The width of a value's head; headDim unless said. */
  readonly valueDim?: number;
}

/** The sizes and parts of an attention layer. */
export interface AttentionLayerOptions<
  Scheme extends Position | null = Position | null,
  Norm extends HeadNorm | null = HeadNorm | null,
  Sink extends Sinks | null = Sinks | null,
  Gate extends OutputGate | null = OutputGate | null,
> extends AttentionSizes {
  /** Whether the projections have biases, all or each; true unless said. */
  readonly bias?: boolean | ProjectionBiases;
  /** Multiplies query · key; 1/√headDim unless said. T5 uses 1. */
  readonly scale?: number;
  /** Caps scores smoothly, `cap · tanh(score / cap)` (Gemma 2 uses 50); no cap unless said. */
  readonly softcap?: number;
  /** The rate of dropout on the weights; 0 unless said. It acts only when the pass has random numbers. */
  readonly dropout?: number;
  /** The position scheme; none unless said. */
  readonly position?: Scheme;
  /** A norm on the queries' and the keys' heads before they turn, made twice (Dehghani et al. 2023, arXiv 2302.05442); none unless said. */
  readonly headNorm?: Norm;
  /** One more score for each head that joins the softmax (gpt-oss), such as `attentionSinks(heads)`; none unless said. */
  readonly sinks?: Sink;
  /**
   * What multiplies the heads' context before the output projection, from the layer's input: `sigmoidGate(dim, heads)`, or
   * `sigmoidGate(dim, heads * valueDim)` (Qiu et al. 2025, arXiv 2505.06708); none unless said.
   */
  readonly gate?: Gate;
  /** What this layer sees of what the pass's mask shows, such as `slidingWindow(256)`; all unless said. */
  readonly mask?: Mask;
  /** The first numbers of the projections; normal with deviation 0.02 unless said. */
  readonly initial?: Initial;
}

/** The sizes of heads. @throws AttentionError when they don't fit. */
export function sizes({ dim, heads, kvHeads = heads, headDim: given, valueDim: own }: AttentionSizes) {
  const headDim = given ?? dim / heads;
  const valueDim = own ?? headDim;
  expectWhole({ dim, heads, kvHeads });
  if (given === undefined && dim % heads !== 0) {
    const near = Array.from({ length: dim }, (_, index) => index + 1).filter((count) => dim % count === 0);
    const [below, above] = [near.findLast((count) => count < heads), near.find((count) => count > heads)];
    const fitting = [below, above].filter((count) => count !== undefined).join(" or ");
    throw new AttentionError(`attention: dim (${dim}) must be a multiple of heads (${heads}); try ${fitting} heads, or give headDim`);
  }
  expectWhole({ headDim, valueDim });
  checkGroups(heads, kvHeads);
  return { kvHeads, headDim, valueDim };
}

function expectWhole(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 1) throw new AttentionError(`attention: ${name} must be a whole number of at least 1, got ${count}`);
}

/**
 * The parts of an attention layer; keys and values come from states of width `from`.
 *
 * @throws AttentionError when the sizes don't fit.
 */
export function attentionParts<Scheme extends Position | null, Norm extends HeadNorm | null, Sink extends Sinks | null, Gate extends OutputGate | null>(
  { bias = true, initial = normal(0.02), dropout = 0, ...options }: AttentionLayerOptions<Scheme, Norm, Sink, Gate>,
  from: number,
) {
  const { dim, heads } = options;
  const { kvHeads, headDim, valueDim } = sizes(options);
  checkDropout(dropout);
  const has = typeof bias === "boolean" ? { query: bias, key: bias, value: bias, output: bias } : bias;
  return {
    query: linear(dim, heads * headDim, { bias: has.query, initial }),
    key: linear(from, kvHeads * headDim, { bias: has.key, initial }),
    value: linear(from, kvHeads * valueDim, { bias: has.value, initial }),
    output: linear(heads * valueDim, dim, { bias: has.output, initial }),
    queryNorm: (options.headNorm ?? null) as Norm,
    keyNorm: (options.headNorm ?? null) as Norm,
    sinks: (options.sinks ?? null) as Sink,
    gate: (options.gate ?? null) as Gate,
    position: (options.position ?? null) as Scheme,
  };
}

/** [batch, time, width] to [batch, time, heads, width / heads]. */
export function toHeads(x: Tensor, headDim: number): Tensor {
  const { batch, time, width } = x.dims("batch time width");
  return reshape(x, [batch, time, width / headDim, headDim]);
}

/** [batch, time, heads, valueDim] to [batch, time, heads · valueDim]. */
export function fromHeads(x: Tensor): Tensor {
  const { batch, time, heads, valueDim } = x.dims("batch time heads valueDim");
  return reshape(x, [batch, time, heads * valueDim]);
}
