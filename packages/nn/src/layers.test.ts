// Each layer by its formula in double precision, and its gradients through bind by finite differences.
import { reference } from "@ashlar/backend";
import { fromData, mapTree, mul, normal, paths, random, sum, type Tensor, tensor, valueAndGrad, zeros } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { bind, dropout, embedding, fresh, init, layerNorm, linear, type Module, NnError, type ParamsOf, rmsNorm } from "./index.ts";

const device = reference();
const values = async (x: Tensor) => [...(await x.data())];

/** Numbers of a known seed for every parameter of a module and for its input. */
function numbered<Parts>(module: Module<Parts, readonly [Tensor], Tensor>, shape: readonly number[]) {
  const source = random(11);
  const drawn = (name: string, of: readonly number[]) => normal(source.split(name), of, { device });
  const params = mapTree(init(module, fresh(0, { device })), (parameter, path) => drawn(path, parameter.shape)) as ParamsOf<Parts>;
  return { params, x: drawn("x", shape) };
}

/**
 * Holds the gradients of Σ c · module(x), for fixed random c, to central differences of the same sum. The plain device adds up in float64 but
 * keeps results in float32, 2⁻²⁴ of numbers up to 10; a step of 1e-2 turns that into 1e-4, and the third derivative into about as much.
 */
async function holdsToDifferences<Parts>(module: Module<Parts, readonly [Tensor], Tensor>, shape: readonly number[]): Promise<void> {
  const { params, x } = numbered(module, shape);
  const all = { params, x };
  const cotangent = normal(random(12), bind(module, params)(x).shape, { device });
  const loss = (given: typeof all) => sum(mul(bind(module, given.params)(given.x), cotangent));
  const { gradients } = valueAndGrad(all, loss);
  const found = new Map(paths(gradients));
  const step = 1e-2;
  for (const [path, parameter] of paths(all)) {
    const base = Float32Array.from(await values(parameter));
    const gradient = await values(found.get(path)!);
    for (let i = 0; i < base.length; i++) {
      const at = async (delta: number) => {
        const moved = base.slice();
        moved[i] = base[i]! + delta;
        const change = mapTree(all, (tensor, other) => (other === path ? fromData(moved, tensor.shape, { device }) : tensor)) as typeof all;
        return { value: (await values(loss(change)))[0]!, place: moved[i]! };
      };
      const [above, below] = [await at(step), await at(-step)];
      const slope = (above.value - below.value) / (above.place - below.place);
      expect(Math.abs(gradient[i]! - slope), `${path}, element ${i}: ${gradient[i]} and ${slope}`).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
    }
  }
}

describe("linear", () => {
  test("is x · weightᵀ + bias over the last axis", async () => {
    const { params, x } = numbered(linear(3, 2), [2, 2, 3]);
    const [w, b, given] = [await values(params.weight), await values(params.bias!), await values(x)];
    const expected = [0, 1, 2, 3].flatMap((row) => [0, 1].map((o) => b[o]! + [0, 1, 2].reduce((total, i) => total + given[3 * row + i]! * w[3 * o + i]!, 0)));
    const got = bind(linear(3, 2), params)(x);
    expect(got.shape).toEqual([2, 2, 2]);
    for (const [i, value] of (await values(got)).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  test("without bias zeros give zeros", async () => {
    const layer = linear(3, 2, { bias: false });
    expect(await values(bind(layer, init(layer, fresh(0, { device })))(zeros([1, 3], { device })))).toEqual([0, 0]);
  });

  test("gradients", async () => {
    await holdsToDifferences(linear(4, 3), [2, 4]);
    await holdsToDifferences(linear(4, 3, { bias: false }), [2, 2, 4]);
  });

  test("another last axis is an error that says which", () => {
    const layer = linear(3, 2);
    expect(() => bind(layer, init(layer, fresh(0, { device })))(zeros([5, 4], { device }))).toThrowErrorMatchingInlineSnapshot(
      `[TensorError: affine: expected x […, 3] for weight [2, 3], got [5, 4]]`,
    );
  });
});

describe("embedding", () => {
  const layer = embedding(4, 2);
  const params = {
    weight: tensor(
      [
        [0, 1],
        [2, 3],
        [4, 5],
        [6, 7],
      ],
      { device },
    ),
  };
  const ids = (...given: number[]) => tensor(given, { device, dtype: "int32" });

  test("gives the row of each id, for ids of any shape", async () => {
    const got = bind(
      layer,
      params,
    )(
      tensor(
        [
          [3, 0, 0],
          [1, 3, 2],
        ],
        { device, dtype: "int32" },
      ),
    );
    expect(got.shape).toEqual([2, 3, 2]);
    expect(await values(got)).toEqual([6, 7, 0, 1, 0, 1, 2, 3, 6, 7, 4, 5]);
  });

  test("the gradient of a row adds up over the places of its id, and is zero where it has none", async () => {
    const { gradients } = valueAndGrad(params, (given) =>
      sum(
        mul(
          bind(layer, given)(ids(3, 0, 3)),
          tensor(
            [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
            { device },
          ),
        ),
      ),
    );
    expect(await values(gradients.weight)).toEqual([3, 4, 0, 0, 0, 0, 6, 8]);
  });

  test("an id that has no row is an error", () => {
    expect(() => bind(layer, params)(ids(4))).toThrowErrorMatchingInlineSnapshot(`[DeviceError: gather: index 4 at [0, 0] is outside 0 to 3]`);
    expect(() => bind(layer, params)(tensor([1], { device }))).toThrowErrorMatchingInlineSnapshot(
      `[TensorError: take: expected int32 indices, got Tensor float32 [1] on reference]`,
    );
  });
});

describe("norms", () => {
  const rows = async (x: Tensor, size: number) => {
    const all = await values(x);
    return Array.from({ length: all.length / size }, (_, row) => all.slice(row * size, (row + 1) * size));
  };
  const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;

  test("layerNorm begins as mean 0 and variance 1 of every row", async () => {
    const layer = layerNorm(16);
    const x = normal(random(1), [3, 5, 16], { device, mean: 4, deviation: 3 });
    for (const row of await rows(bind(layer, init(layer, fresh(0, { device })))(x), 16)) {
      expect(mean(row)).toBeCloseTo(0, 5);
      // epsilon takes 1e-5 / 9 of it
      expect(mean(row.map((value) => value ** 2))).toBeCloseTo(1, 4);
    }
  });

  test("rmsNorm begins as mean square 1 of every row, and keeps the direction", async () => {
    const layer = rmsNorm(16);
    const x = normal(random(1), [3, 16], { device, mean: 4, deviation: 3 });
    const [got, given] = [await rows(bind(layer, init(layer, fresh(0, { device })))(x), 16), await rows(x, 16)];
    for (const [index, row] of got.entries()) {
      expect(mean(row.map((value) => value ** 2))).toBeCloseTo(1, 4);
      const ratio = row[0]! / given[index]![0]!;
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(ratio * given[index]![j]!, 5);
    }
  });

  test("layerNorm does not see what is added to a row, nor either what it is multiplied with", async () => {
    const layer = bind(layerNorm(8, { epsilon: 0 }), init(layerNorm(8), fresh(0, { device })));
    const x = normal(random(2), [2, 8], { device });
    const plain = await values(layer(x));
    const moved = await values(
      layer(
        fromData(
          Float32Array.from(await values(x), (value) => 5 * value + 3),
          [2, 8],
          { device },
        ),
      ),
    );
    for (const [i, value] of moved.entries()) expect(value).toBeCloseTo(plain[i]!, 4);
  });

  test("epsilon is added under the root", async () => {
    const x = tensor([[3, -3]], { device });
    expect(await values(bind(rmsNorm(2, { epsilon: 7 }), init(rmsNorm(2), fresh(0, { device })))(x))).toEqual([0.75, -0.75]);
    expect(await values(bind(layerNorm(2, { epsilon: 7 }), init(layerNorm(2), fresh(0, { device })))(x))).toEqual([0.75, -0.75]);
  });

  test("gradients", async () => {
    await holdsToDifferences(layerNorm(5), [3, 5]);
    await holdsToDifferences(layerNorm(5, { bias: false }), [2, 5]);
    await holdsToDifferences(rmsNorm(5), [3, 5]);
  });
});

describe("dropout", () => {
  const x = fromData(new Float32Array(40_000).fill(2), [200, 200], { device });
  const drop = bind(dropout(0.1), {});

  test("without random numbers it gives its input, and so it does at rate 0", () => {
    expect(drop(x)).toBe(x);
    expect(bind(dropout(0), {})(x, random(1))).toBe(x);
  });

  test("drops its rate of the elements and keeps the expectation", async () => {
    const got = await values(drop(x, random(1).split("here")));
    const dropped = got.filter((value) => value === 0).length / got.length;
    expect(new Set(got)).toEqual(new Set([0, Math.fround(2 / 0.9)]));
    // five deviations of 40,000 draws: √(0.1 · 0.9 / 40,000) = 0.0015
    expect(Math.abs(dropped - 0.1)).toBeLessThan(0.0075);
    expect(Math.abs(got.reduce((a, b) => a + b, 0) / got.length - 2)).toBeLessThan(0.0075 * (2 / 0.9));
  });

  test("the same random numbers drop the same elements, others drop others", async () => {
    const [once, again, other] = await Promise.all([7, 7, 8].map((seed) => values(drop(x, random(seed)))));
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);
  });

  test("the gradient passes where the element passed", async () => {
    const {
      value: _,
      gradients,
      extra,
    } = valueAndGrad({ x }, (given) => {
      const kept = drop(given.x, random(7));
      return [sum(kept), kept];
    });
    const [gradient, kept] = [await values(gradients.x), await values(extra)];
    expect(gradient.every((slope, i) => slope === kept[i]! / 2)).toBe(true);
  });

  test.each([-0.1, 1, 1.5, Number.NaN])("a rate of %f is an error", (rate) => {
    expect(() => dropout(rate)).toThrow(NnError);
  });

  test("and the error says what a rate is", () => {
    expect(() => dropout(1)).toThrowErrorMatchingInlineSnapshot(`[NnError: dropout: expected a rate in [0, 1), got 1]`);
  });
});
