import type { Problem, Values, Variation } from "./attentionFormula.ts";
import { denseAttention, keptAt, operandsOf, pairAt, problem, scalarsOf, valuesOf } from "./attentionFormula.ts";
import { large, small } from "./attentionProblems.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, floats, indices } from "./given.ts";
import { dot, numericalGradient } from "./gradient.ts";

const tolerance: Tolerance = {
  absolute: 2e-5,
  relative: 2e-5,
  reason: "scores and products of four or more numbers up to 2 in float32, summed over up to 130 queries",
};

/** The gradient of attention: small problems against finite differences, those over many tiles against the dense formula. */
export const attentionGradient: readonly ConformanceCase[] = [
  ...Object.entries(small).map(([name, variation]) => backward(`${name}, against finite differences`, variation, byDifferences)),
  ...Object.entries(small).map(([name, variation]) => backward(`${name}, against the dense formula`, variation, byFormula)),
  ...Object.entries(large)
    .filter(([, { scale }]) => scale !== 40)
    .map(([name, variation]) => backward(name, variation, byFormula)),
  backward("pairs whose gradient is not asked for", { queries: 20, pairs: { rows: 1, heads: 1 } }, byFormula, { ofPairs: false }),
  backward("a cotangent repeated by stride 0", { queries: 20, allows: (i, j) => j <= i }, byFormula, {
    cotangentOf: (shape) => broadcast(floats([shape[3]!], 51), shape),
  }),
];

type Gradients = { readonly [Name in keyof Values]: Float64Array };

function backward(
  name: string,
  variation: Variation,
  expected: (given: Problem, values: Values, cotangent: readonly number[]) => Gradients,
  { ofPairs = variation.pairs !== undefined, cotangentOf = (shape: readonly number[]): Given => floats(shape, 51) } = {},
): ConformanceCase {
  return callCase("attentionGradient", name, tolerance, () => {
    const given = problem(variation);
    const values = valuesOf(given);
    const { context, sums } = denseAttention(given, values);
    const [batch, queries, heads] = given.query.shape as [number, number, number];
    const shape = [batch, queries, heads, given.value.shape[3]!];
    const cotangent = cotangentOf(shape);
    const gradients = expected(given, values, elements(cotangent));
    return {
      settings: { ...given.settings, ...(ofPairs && { ofPairs }) },
      operands: [cotangent, array(shape, context), array([batch, heads, queries], sums), ...operandsOf(given)],
      scalars: scalarsOf(given),
      outputs: [
        { shape: given.query.shape, values: gradients.query },
        { shape: given.key.shape, values: gradients.key },
        { shape: given.value.shape, values: gradients.value },
        ...(given.bias ? [{ shape: given.bias.shape, values: gradients.bias }] : []),
        ...(given.pairs && ofPairs ? [{ shape: given.pairs.shape, values: gradients.pairs }] : []),
      ],
    };
  });
}

function byDifferences(given: Problem, values: Values, cotangent: readonly number[]): Gradients {
  const by = (name: keyof Values): Float64Array =>
    numericalGradient((point) => dot(cotangent, denseAttention(given, { ...values, [name]: point }).context), values[name]);
  return { query: by("query"), key: by("key"), value: by("value"), bias: by("bias"), pairs: by("pairs") };
}

/**
 * By whole matrices: with P = exp(S − L) and G = kept ∘ (cotangent · valueᵀ), the cotangent of S is P ∘ (G − rowsum(P ∘ G)). One column of P at a
 * time is found by asking `denseAttention` for values that are 1 at one key and 0 elsewhere.
 */
function byFormula(given: Problem, values: Values, cotangent: readonly number[]): Gradients {
  const [batch, queries, heads, dim] = given.query.shape as [number, number, number, number];
  const [, keys, kvHeads] = given.key.shape as [number, number, number];
  const valueDim = given.value.shape[3]!;
  const { settings, scale, queryOffset } = given;
  const out = { query: zeros(values.query), key: zeros(values.key), value: zeros(values.value), bias: zeros(values.bias), pairs: zeros(values.pairs) };
  const { dropout: _, ...undropped } = given;
  const identity = { ...undropped, value: { ...given.value, shape: [batch, keys, kvHeads, keys] } };
  const diagonal = Float64Array.from(indices([batch, keys, kvHeads, keys]), ([, j, , column]) => Number(j === column));
  const weights = denseAttention(identity, { ...values, value: diagonal }).context; // [batch, queries, heads, keys]

  for (const [row, i, head] of indices([batch, queries, heads]) as [number, number, number][]) {
    const group = Math.floor((head * kvHeads) / heads);
    const place = (row * queries + i) * heads + head;
    const keyPlace = (j: number): number => (row * keys + j) * kvHeads + group;
    const shares = Array.from({ length: keys }, (_, j) => weights[place * keys + j]!);
    const kept = shares.map((_, j) => keptAt(given, row, head, i, j));
    const agreements = kept.map((keeps, j) => keeps * sum(valueDim, (d) => cotangent[place * valueDim + d]! * values.value[keyPlace(j) * valueDim + d]!));
    const mean = sum(keys, (j) => shares[j]! * agreements[j]!);
    for (let j = 0; j < keys; j++) {
      for (let d = 0; d < valueDim; d++) out.value[keyPlace(j) * valueDim + d]! += kept[j]! * shares[j]! * cotangent[place * valueDim + d]!;
      const ofScore = shares[j]! * (agreements[j]! - mean);
      if (given.pairs) out.pairs[pairAt(given, row, head, i, j)]! += ofScore;
      if (given.bias && settings.bias) {
        const [rows, distances] = given.bias.shape as [number, number];
        const column = Math.min(Math.max(j - i - queryOffset - settings.bias.firstDistance, 0), distances - 1);
        out.bias[(rows === 1 ? 0 : head) * distances + column]! += ofScore;
      }
      const product = scale * sum(dim, (d) => values.query[place * dim + d]! * values.key[keyPlace(j) * dim + d]!);
      const slope = settings.softcap ? Math.cosh(product / settings.softcap) ** -2 : 1;
      for (let d = 0; d < dim; d++) {
        out.query[place * dim + d]! += scale * ofScore * slope * values.key[keyPlace(j) * dim + d]!;
        out.key[keyPlace(j) * dim + d]! += scale * ofScore * slope * values.query[place * dim + d]!;
      }
    }
  }
  return out;
}

function zeros(like: ArrayLike<number>): Float64Array {
  return new Float64Array(like.length);
}

function sum(count: number, term: (index: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}
