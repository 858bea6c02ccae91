// Scaled dot-product attention and nn.MultiheadAttention of PyTorch, forward and gradient, on three devices. The tolerances are the cases'
// own: 2e-5 for one softmax in float32 against float64, 1e-4 for a layer.
import type { Device } from "@ashlar/backend";
import { and, bidirectionalWindow, causal, full, leftPadding, type Mask, padding, slidingWindow, where } from "@ashlar/mask";
import { bind, define, param, rmsNorm, zeros } from "@ashlar/nn";
import { broadcastTo, concat, expandDims, fromData, permute, reshape, split, type Tensor, zeros as zeroes } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, golden, type Tolerance } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type AttentionOptions,
  crossAttention,
  multiHeadAttention,
  type Positioning,
  type PositionScene,
  scaledDotProductAttention,
  type Taps,
  taps,
} from "./index.ts";
import { devices } from "./testing/devices.ts";
import { expectCase } from "./testing/golden.ts";

const cases = golden("attention")?.cases ?? [];
const of = (...ops: string[]): GoldenCase[] => cases.filter(({ op }) => ops.includes(op));

/** What another package's tests compare. */
const elsewhere = ["encoder_layer", "decoder_layer", "transformer_stack"]; // packages/blocks

test("every case is compared here or in blocks", () => {
  const known = ["attention", "attention_qk_norm", "mha", ...elsewhere];
  expect([...new Set(cases.map(({ op }) => op))].filter((op) => !known.includes(op))).toEqual([]);
});

/** Goldens are [batch, heads, time, dim], Ashlar is [batch, time, heads, dim]; the exchange is its own inverse. */
const exchanged = (x: Tensor): Tensor => permute(x, [0, 2, 1, 3]);

interface Params {
  readonly causal?: boolean;
  readonly offset?: number;
  readonly window?: number;
  readonly window_left?: number;
  readonly window_right?: number;
  readonly scale?: number;
  readonly softcap?: number;
  readonly key_lengths?: readonly number[];
}

/**
 * Queries and keys 30 times as large as elsewhere, scores up to 2,918. The gradients of queries and keys are sums of each other, so
 * float32's rounding is 30 times as large too. WASM recomputes a weight as exp(score − L) from two float32 numbers that are each off by up to
 * half a step of 2⁻¹² there, so its weights are good to 2.5e-4, and so is the values' gradient, a sum of them with cotangents of about 1.
 */
function largeScores({ rtol, atol }: Tolerance, device: Device): Record<string, Tolerance> {
  const grown = { rtol, atol: 30 * atol };
  return { q: grown, k: grown, ...(device.name === "wasm" ? { v: { rtol: 2.5e-4, atol: 2.5e-4 } } : {}) };
}

/** A golden 0/1 array [1 or batch, 1, 1 or queries, keys] or less as a mask. */
function given({ shape, data }: GoldenArray, allowed = 1): Mask {
  const [keys, queries, batch] = [shape.at(-1) as number, shape.at(-2) ?? 1, shape.length > 2 ? (shape[0] as number) : 1];
  return where((query, key, row) => Number(data[((batch > 1 ? row : 0) * queries + (queries > 1 ? query : 0)) * keys + key]) === allowed, {
    ...(batch > 1 ? { rows: batch } : {}),
  });
}

/** The masks of a case with the positions of its first query: as the array that is given, and by the name that its settings have. */
function masksOf({ id, inputs: { mask }, params }: GoldenCase): [what: string, mask: Mask, start: number][] {
  const { causal: before, offset = 0, window, window_left: left, window_right: right = 0, key_lengths: lengths } = params as Params;
  const masks: [string, Mask, number][] = [["array", mask ? given(mask) : full, 0]];
  const named = [...(before ? [causal] : []), ...(window ? [slidingWindow(window)] : []), ...(left ? [bidirectionalWindow(left, right)] : [])];
  const [first, ...rest] = named;
  if (first) masks.push(["named", and(first, ...rest), offset]);
  if (lengths) masks.push(["padding", padding(lengths), 0]);
  if (id === "sdpa/mask/key_padding_left") masks.push(["leftPadding", leftPadding([3, 0]), 0]);
  return masks;
}

describe.each(Object.entries(devices))("%s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(async () => {
    await device[Symbol.asyncDispose]();
  });

  test.each(of("attention").filter(({ id }) => id !== "sdpa/mask/per_head"))("$id", async (golden) => {
    const { scale, softcap } = golden.params as Params;
    for (const [, mask, start] of masksOf(golden)) {
      const run = ({ q, k, v, bias, sinks }: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
        const options: AttentionOptions = {
          mask,
          start,
          ...(scale === undefined ? {} : { scale }),
          ...(softcap === undefined ? {} : { softcap }),
          ...(bias ? { bias: reshape(bias, [...new Array<number>(4 - bias.rank).fill(1), ...bias.shape]) } : {}),
          ...(sinks ? { sinks } : {}),
        };
        const [query, key, value] = [q, k, v].map((x) => exchanged(x as Tensor)) as [Tensor, Tensor, Tensor];
        return {
          out: exchanged(scaledDotProductAttention(query, key, value, options)),
          // the weights are what attention makes of values that are the unit vectors
          weights: exchanged(scaledDotProductAttention(query, key, unitVectors(key), options)),
        };
      };
      await expectCase(golden, device, run, golden.id === "sdpa/plain/large_scores" ? largeScores(golden.tolerance, device) : {});
    }
  });

  // A mask by head has no place in a mask of positions and rows: each head is a row of its own.
  test.each(of("attention").filter(({ id }) => id === "sdpa/mask/per_head"))("$id, heads as rows", async (golden) => {
    const { shape, data } = golden.inputs.mask as GoldenArray;
    const [batch, heads, queries, keys] = shape as [number, number, number, number];
    const mask = given({ shape: [batch * heads, 1, queries, keys], dtype: "bool", data });
    const rows = (x: Tensor): Tensor => reshape(x, [batch * heads, x.shape[2] as number, 1, x.shape[3] as number]);
    await expectCase(golden, device, ({ q, k, v }) => {
      const [query, key, value] = [q, k, v].map((x) => rows(x as Tensor)) as [Tensor, Tensor, Tensor];
      const unrowed = (x: Tensor): Tensor => reshape(x, [batch, heads, queries, x.shape[3] as number]);
      return {
        out: unrowed(scaledDotProductAttention(query, key, value, { mask })),
        weights: unrowed(scaledDotProductAttention(query, key, unitVectors(key), { mask })),
      };
    });
  });

  test.each(of("attention_qk_norm"))("$id", async (golden) => {
    const { eps } = golden.params as { eps: number };
    const norm = rmsNorm(golden.inputs.q_weight?.shape[0] as number, { epsilon: eps });
    await expectCase(golden, device, ({ q, k, v, q_weight, k_weight }) => {
      const query = bind(norm, { weight: (q_weight as Tensor).ranked(1) })(exchanged(q as Tensor));
      const key = bind(norm, { weight: (k_weight as Tensor).ranked(1) })(exchanged(k as Tensor));
      return { out: exchanged(scaledDotProductAttention(query, key, exchanged(v as Tensor), { mask: causal })) };
    });
  });

  test.each(of("mha"))("$id", async (golden) => {
    await expectCase(golden, device, (inputs) => {
      const seen = taps(["weights"]);
      return { out: multiheadAttention(golden, inputs, seen), weights: seen.get("weights") };
    });
  });
});

/** Values whose attention is the weights: [batch, keys, kvHeads, keys]. */
function unitVectors(key: Tensor): Tensor {
  const { batch, keys, kvHeads } = key.dims("batch keys kvHeads headDim");
  const unit = Float32Array.from({ length: keys * keys }, (_, index) => (index % (keys + 1) === 0 ? 1 : 0));
  return broadcastTo(expandDims(fromData(unit, [keys, keys], key), 1), [batch, keys, kvHeads, keys]);
}

/** PyTorch's layer, with the weights as PyTorch keeps them. */
function multiheadAttention({ inputs: arrays, params }: GoldenCase, inputs: Readonly<Record<string, Tensor>>, seen: Taps): Tensor {
  const {
    d_model: dim,
    heads,
    bias = true,
    kdim = dim,
    vdim = dim,
  } = params as { d_model: number; heads: number; bias?: boolean; kdim?: number; vdim?: number };
  const weights = inputs["p.in_proj_weight"];
  const [query, key, value] = weights ? split(weights, 3, 0) : [inputs["p.q_proj_weight"], inputs["p.k_proj_weight"], inputs["p.v_proj_weight"]];
  const biases = inputs["p.in_proj_bias"];
  const ofPart = biases ? split(biases, 3, 0) : [null, null, null];
  const part = (weight: Tensor | undefined, own: Tensor | null | undefined) => ({
    weight: (weight as Tensor).ranked(2),
    bias: own ? own.ranked(1) : null,
  });
  const tree = {
    query: part(query, ofPart[0]),
    key: part(key, ofPart[1]),
    value: part(value, ofPart[2]),
    output: part(inputs["p.out_proj.weight"], inputs["p.out_proj.bias"]),
    queryNorm: null,
    keyNorm: null,
    sinks: null,
    gate: null,
    position: null,
  };
  const x = inputs.query as Tensor;
  if (inputs.key) {
    // keys and values from two tensors: the memory is one beside the other, and each projection reads its own
    const beside = (before: number, { weight, bias }: ReturnType<typeof part>, after: number) => {
      const nothing = (width: number): Tensor => zeroes([dim, width], weight);
      return { weight: concat([nothing(before), weight, nothing(after)], 1).ranked(2), bias };
    };
    const both = { ...tree, key: beside(0, tree.key, vdim), value: beside(kdim, tree.value, 0) };
    const memory = { states: concat([inputs.key, inputs.value as Tensor], 2), mask: full };
    return bind(crossAttention({ dim, heads, bias, memoryDim: kdim + vdim }), both)(x, { mask: full, memory, taps: seen });
  }
  const { attn_mask, key_padding_mask } = arrays;
  if (inputs.attn_mask) {
    const pairs = define(
      { table: param([1, 1, x.shape[1] as number, x.shape[1] as number], zeros) },
      ({ table }, _: PositionScene): Positioning => ({
        bias: table,
      }),
    );
    const table = reshape(inputs.attn_mask, [1, 1, ...inputs.attn_mask.shape]).ranked(4);
    return bind(multiHeadAttention({ dim, heads, bias, position: pairs }), { ...tree, position: { table } })(x, { mask: full, taps: seen });
  }
  // in PyTorch's modules 1 means hidden
  const mask = attn_mask ? given(attn_mask, 0) : key_padding_mask ? given({ ...key_padding_mask, shape: spread(key_padding_mask.shape) }, 0) : full;
  return bind(multiHeadAttention({ dim, heads, bias }), tree)(x, { mask, taps: seen });
}

/** [batch, keys] as [batch, 1, 1, keys]. */
const spread = ([batch, keys]: readonly number[]): number[] => [batch as number, 1, 1, keys as number];
