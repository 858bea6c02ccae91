import { type EmbeddedPosition, looking, type Pass, randomFor, Shared, startOf, tapped, within } from "@ashlar/attention";
import type { PerPosition, Stack } from "@ashlar/blocks";
import { type AnyModule, define, dropout, embedding, type Initial, normal } from "@ashlar/nn";
import { add, mul, type Tensor, zeros } from "@ashlar/tensor";
import type { Call } from "./call.ts";
import { ModelsError } from "./errors.ts";

/** What turns token ids into states. */
export interface InputParts<Positions extends EmbeddedPosition | null, Norm extends PerPosition | null> {
  /** How many different tokens there are. */
  readonly vocab: number;
  /** The width of the states. */
  readonly dim: number;
  /** Positions added to the embeddings; none unless said (rotary, ALiBi and T5's live in the attention). */
  readonly positions?: Positions;
  /** How many segments have an embedding; none unless said. */
  readonly segments?: number;
  /** A norm on the sum of the embeddings; none unless said. */
  readonly norm?: Norm;
  /** The rate of dropout on the embeddings; 0 unless said. */
  readonly dropout?: number;
  /** Multiplies the token embeddings; 1 unless said. */
  readonly scale?: number;
  /** The first numbers of the embeddings. */
  readonly initial?: Initial;
}

/**
 * Token ids int32 [batch, time] to states [batch, time, dim]: the sum of token, position and segment embeddings, then norm and dropout.
 *
 * @throws TensorError when the ids aren't [batch, time]; ModelsError when the call has segments that the model has no embeddings for.
 */
export const inputs = <Positions extends EmbeddedPosition | null = null, Norm extends PerPosition | null = null>({
  vocab,
  dim,
  positions = null as Positions,
  segments = 0,
  norm = null as Norm,
  dropout: rate = 0,
  scale = 1,
  initial = normal(0.02),
}: InputParts<Positions, Norm>) =>
  define(
    {
      tokens: embedding(vocab, dim, { initial }),
      positions,
      segments: segments > 0 ? embedding(segments, dim, { initial }) : null,
      norm,
      dropout: dropout(rate),
    },
    (bound, tokens: Tensor<2>, call: Call): Tensor => {
      const { batch, time } = tokens.dims("batch time");
      const start = startOf(call);
      let states: Tensor = bound.tokens(tokens);
      if (scale !== 1) states = mul(states, scale);
      if (bound.positions) {
        const place = { range: [start, start + time] as const, device: tokens.device, ...(call.positions ? { positions: call.positions } : {}) };
        states = add(states, bound.positions(place));
      }
      if (call.segments && !bound.segments)
        throw new ModelsError("inputs: the call has segments, but this model has no embeddings for them; make it with segments, or leave them out");
      if (bound.segments) states = add(states, bound.segments(call.segments ?? zeros([batch, time], { device: tokens.device, dtype: "int32" })));
      if (bound.norm) states = bound.norm(states);
      return bound.dropout(states, randomFor(call, "inputs"));
    },
  );

/** Inputs and a stack. */
export interface TransformerParts<Of extends Stack, Positions extends EmbeddedPosition | null, Norm extends PerPosition | null>
  extends InputParts<Positions, Norm> {
  /** The blocks. */
  readonly stack: Of;
}

/** Anything that reads token ids int32 [batch, time] and gives `Output`. */
export type TokenReader<Output> = AnyModule<[tokens: Tensor<2>, call: Call], Output>;

/** Anything that reads token ids and gives states [batch, time, dim]. */
export type Body = TokenReader<Tensor>;

/**
 * Embeddings and a stack: token ids int32 [batch, time] and a call (the mask, above all) to states [batch, time, dim]. The body of every
 * model here; heads go on top.
 *
 * @throws TensorError when the ids aren't [batch, time]; DeviceError when one is outside the vocabulary; MaskError when the mask has other rows.
 */
export const transformer = <Of extends Stack, Positions extends EmbeddedPosition | null = null, Norm extends PerPosition | null = null>({
  stack,
  ...parts
}: TransformerParts<Of, Positions, Norm>) =>
  define({ inputs: inputs(parts), stack }, (bound, tokens: Tensor<2>, call: Call): Tensor => {
    const whole: Call = { ...call, shared: call.shared ?? new Shared(tokens.device) };
    return looking(call, () => runStack(bound.stack, tapped(whole, bound.inputs(tokens, whole), "inputs"), whole));
  });

/** Runs a bound stack below the name of its part. */
export function runStack(stack: (x: Tensor, pass: Pass) => Tensor, states: Tensor, call: Call, name = "stack"): Tensor {
  return stack(states, within(call, name));
}
