import type { Variation } from "./attentionFormula.ts";
import { denseAttention, operandsOf, problem, valuesOf } from "./attentionFormula.ts";
import { large, small } from "./attentionProblems.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import { array, floats } from "./given.ts";

const tolerance: Tolerance = { absolute: 5e-6, relative: 5e-6, reason: "scores up to about 10 in float32, whose rounding the exponential passes on" };
const steep: Tolerance = { absolute: 5e-4, relative: 1e-5, reason: "scores up to 600 in float32 are known to 3e−5, and the exponential passes that on" };

/** Attention over the tiles of a mask. */
export const attention: readonly ConformanceCase[] = [
  ...Object.entries({ ...small, ...large }).map(([name, variation]) => forward(name, variation)),
  callCase("attention", "NaN in a key that nobody sees does no harm, in one that a query sees it spreads to that query alone", tolerance, () => {
    const base = problem({ queries: 3, keys: 3, heads: 1, dim: 2, allows: (i, j) => (i === 0 ? j === 0 : j < 2) });
    const key = array([1, 3, 1, 2], [1, 2, Number.NaN, 1, Number.NaN, Number.NaN]);
    const value = floats([1, 3, 1, 2], 1);
    const { context, sums } = denseAttention({ ...base, key, value }, { ...valuesOf({ ...base, key, value }) });
    return {
      settings: base.settings,
      operands: operandsOf({ ...base, key, value }),
      scalars: [base.scale, base.queryOffset],
      outputs: [
        { shape: [1, 3, 1, 2], values: [context[0]!, context[1]!, Number.NaN, Number.NaN, Number.NaN, Number.NaN] },
        { shape: [1, 1, 3], values: [sums[0]!, Number.NaN, Number.NaN] },
      ],
    };
  }),
];

function forward(name: string, variation: Variation): ConformanceCase {
  return callCase("attention", name, variation.scale === 40 ? steep : tolerance, () => {
    const given = problem(variation);
    const { context, sums } = denseAttention(given, valuesOf(given));
    const [batch, queries, heads] = given.query.shape as [number, number, number];
    return {
      settings: given.settings,
      operands: operandsOf(given),
      scalars: [given.scale, given.queryOffset],
      outputs: [
        { shape: [batch, queries, heads, given.value.shape[3]!], values: context },
        { shape: [batch, heads, queries], values: sums },
      ],
    };
  });
}
