import type { Dropout, Variation } from "./attentionFormula.ts";
import { denseAttention, keptAt, operandsOf, problem, scalarsOf, valuesOf } from "./attentionFormula.ts";
import { large, small } from "./attentionProblems.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import { array, floats, indices } from "./given.ts";

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
      scalars: scalarsOf(base),
      outputs: [
        { shape: [1, 3, 1, 2], values: [context[0]!, context[1]!, Number.NaN, Number.NaN, Number.NaN, Number.NaN] },
        { shape: [1, 1, 3], values: [sums[0]!, Number.NaN, Number.NaN] },
      ],
    };
  }),
  dropped("the weights that `random` says are dropped, of 33 keys", [2, 5, 33], { rate: 0.3, key: [7, 9] }),
  dropped("the weights that `random` says are dropped, of 130 keys", [1, 3, 130], { rate: 0.9, key: [0xdeadbeef, 0xffffffff] }),
  dropped("a rate of 0 drops nothing", [1, 3, 40], { rate: 0, key: [1, 2] }),
];

/** Queries of zeros weigh all keys alike, and values that are unit vectors show each weight by itself. */
function dropped(name: string, [batch, queries, keys]: readonly [number, number, number], dropout: Dropout): ConformanceCase {
  return callCase("attention", name, { absolute: 1e-6, relative: 1e-6, reason: "a share of a sum of ones, times 1 / (1 − rate)" }, () => {
    const heads = 2;
    const given = {
      ...problem({ batch, queries, keys, heads, dropout }),
      query: array([batch, queries, heads, 4], new Float32Array(batch * queries * heads * 4)),
      value: array(
        [batch, keys, heads, keys],
        indices([batch, keys, heads, keys]).map(([, j, , d]) => Number(j === d)),
      ),
    };
    const weights = indices([batch, queries, heads, keys]).map(([row, i, head, j]) => keptAt(given, row!, head!, i!, j!) / keys);
    return {
      settings: given.settings,
      operands: operandsOf(given),
      scalars: scalarsOf(given),
      outputs: [
        { shape: [batch, queries, heads, keys], values: weights },
        { shape: [batch, heads, queries], values: new Array<number>(batch * heads * queries).fill(Math.log(keys)) },
      ],
    };
  });
}

function forward(name: string, variation: Variation): ConformanceCase {
  return callCase("attention", name, variation.scale === 40 ? steep : tolerance, () => {
    const given = problem(variation);
    const { context, sums } = denseAttention(given, valuesOf(given));
    const [batch, queries, heads] = given.query.shape as [number, number, number];
    return {
      settings: given.settings,
      operands: operandsOf(given),
      scalars: scalarsOf(given),
      outputs: [
        { shape: [batch, queries, heads, given.value.shape[3]!], values: context },
        { shape: [batch, heads, queries], values: sums },
      ],
    };
  });
}
