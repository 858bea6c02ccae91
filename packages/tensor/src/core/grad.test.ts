import type { Device } from "@ashlar/backend";
import { toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  affine,
  checkpointed,
  copy,
  crossEntropy,
  dropout,
  exp,
  gelu,
  grad,
  keeper,
  matmul,
  mul,
  op,
  random,
  reshape,
  scoped,
  sin,
  slice,
  square,
  stopGradient,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  uniform,
  valueAndGrad,
} from "../index.ts";
import { devices } from "../testing/devices.ts";

const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("the value, the gradients as a tree like the parameters, and what else was returned", async () => {
    const params = { a: tensor([1, 2], { device }), more: [tensor(3, { device }), null], ids: tensor([0, 1], { device, dtype: "int32" }), rate: 0.5 };
    const { value, gradients, extra } = valueAndGrad(params, ({ a, more: [b] }) => [sum(mul(a, b!)), { a, twice: mul(a, 2) }]);
    expect(await value.item()).toBe(9);
    expect(await list(gradients.a)).toEqual([3, 3]);
    expect(await list(gradients.more[0]!)).toEqual([3]);
    expect(gradients.more[1]).toBeNull();
    expect(gradients.ids).toBeNull();
    expect(gradients.rate).toBe(0.5);
    expect(await list(extra.twice)).toEqual([2, 4]);
    expect(extra.a).toBe(params.a);
  });

  test("a parameter that plays no part has zeros", async () => {
    const gradients = grad([tensor([1, 2], { device }), tensor([[3]], { device })], ([x]) => sum(x!));
    expect(gradients[1]!.shape).toEqual([1, 1]);
    expect(await list(gradients[1]!)).toEqual([0]);
    expect(await list(grad(tensor([4], { device }), () => tensor(1, { device })))).toEqual([0]);
  });

  test("a function that gives its parameter back has the gradient 1", async () => {
    expect(await list(grad(tensor([4], { device }), (x) => x))).toEqual([1]);
    expect(await list(grad(tensor([[4]], { device }), (x) => reshape(x, [])))).toEqual([1]);
  });

  test("one tensor at two places has the whole gradient at both", async () => {
    const x = tensor([3], { device });
    const { a, b } = grad({ a: x, b: x }, (params) => sum(mul(params.a, params.b)));
    expect([await list(a), await list(b)]).toEqual([[6], [6]]);
  });

  test("no gradient goes through stopGradient, nor to a part that is not followed", async () => {
    expect(await list(grad(tensor([3], { device }), (x) => sum(mul(x, stopGradient(x)))))).toEqual([3]);
  });

  test("gradients of gradients of gradients: x⁴ has 4x³, 12x², 24x", async () => {
    const power = (x: Tensor): Tensor => sum(square(square(x)));
    const first = (x: Tensor): Tensor => sum(grad(x, power));
    const second = (x: Tensor): Tensor => sum(grad(x, first));
    const x = tensor([2, -1], { device });
    expect(await list(grad(x, power))).toEqual([32, -4]);
    expect(await list(grad(x, first))).toEqual([48, 12]);
    expect(await list(grad(x, second))).toEqual([48, -24]);
  });

  test("a gradient inside a function is a number to it: perturbations are not confused", async () => {
    // d/dx (x · d/dy (x + y) at y = 1) = d/dx x = 1, Siskind & Pearlmutter 2005
    const x = tensor([3], { device });
    const y = tensor([1], { device });
    expect(
      await list(
        grad(x, (outer) =>
          sum(
            mul(
              outer,
              grad(y, (inner) => sum(add(outer, inner))),
            ),
          ),
        ),
      ),
    ).toEqual([1]);
  });

  test("what a function does with tensors of its own does not reach the tape", async () => {
    const gradient = grad(tensor([1, 2], { device }), (x) => {
      const own = valueAndGrad(tensor([5], { device }), (y) => sum(square(y)));
      return sum(mul(x, own.value));
    });
    expect(await list(gradient)).toEqual([25, 25]);
  });

  test("an op whose composition hands its input through keeps its own gradient", async () => {
    const tripling = op<[Tensor], object>("tripling", { compose: ([x]) => [x], vjp: ({ cotangents: [g] }) => [g ? mul(g, 3) : null] });
    const gradient = grad(tensor([1, 2], { device }), (x) => sum(add(tripling([x], {})[0]!, x)));
    expect(await list(gradient)).toEqual([4, 4]);
  });

  test("a gradient may be what came in, and belong to two parameters", async () => {
    const swap = op<[Tensor, Tensor], object>("swap", { compose: ([a, b]) => [mul(a, b)], vjp: ({ inputs: [a, b] }) => [b, a] });
    const gradients = grad([tensor([2], { device }), tensor([5], { device })], ([a, b]) => reshape(swap([exp(a!), exp(b!)], {})[0]!, []));
    const both = Math.exp(7);
    for (const gradient of gradients) expect(await gradient.item()).toBeCloseTo(both, 2);
  });

  test("a table that is used twice: its two gradients are summed where one of them lies, number for number", async () => {
    const table = uniform(random(8), [50, 20], { device });
    const [first, second] = [uniform(random(9), [3, 50], { device }), uniform(random(10), [3, 50], { device })];
    const products = (x: Tensor, rows: readonly Tensor[]): Tensor => rows.map((row) => sum(square(matmul(row, x)))).reduce((a, b) => add(a, b));
    const alone = await Promise.all([first, second].map((rows) => list(grad(table, (x) => products(x, [rows])))));
    const { live } = device.memory();
    device.resetPeak();
    const { gradients } = valueAndGrad(table, (x) => products(x, [first, second]));
    // beside both gradients there are rows of 3, never a third table
    expect((device.memory().peak - live) / table.buffer.bytes).toBeLessThan(2.5);
    const together = await list(gradients);
    expect(together).toEqual(together.map((_, index) => Math.fround(alone[1]![index]! + alone[0]![index]!)));
  });

  test("a table that is looked up and multiplied with: what was looked up is added where the other gradient lies", async () => {
    const table = uniform(random(8), [400, 20], { device });
    const rows = uniform(random(9), [3, 20], { device });
    const ids = tensor([[7, 0, 399, 7]], { device, dtype: "int32" });
    const [looked, multiplied] = [(x: Tensor) => sum(square(take(x, ids))), (x: Tensor) => sum(square(affine(rows, x, null)))];
    const alone = await Promise.all([looked, multiplied].map((f) => list(grad(table, f))));
    const { live } = device.memory();
    device.resetPeak();
    // looked up first, so its gradient comes last, as in a model whose head shares the embeddings
    const { gradients } = valueAndGrad(table, (x) => add(looked(x), multiplied(x)));
    const together = await list(gradients);
    expect((device.memory().peak - live) / table.buffer.bytes).toBeLessThan(1.5);
    toClose(
      together,
      together.map((_, index) => alone[1]![index]! + alone[0]![index]!),
      { rtol: 1e-6, atol: 1e-6 },
      "looked up and multiplied", // a row that is looked up twice is added twice
    );
  });

  describe("the gradient of logits", () => {
    const states = (): Tensor => uniform(random(1), [6, 8], { device });
    const weight = (): Tensor => uniform(random(2), [500, 8], { device });
    const targets = (): Tensor => tensor([3, 0, 499, 7, 8, 9], { device, dtype: "int32" });
    const bytes = 4 * 6 * 500;

    test("is written over them: no other array of that size", async () => {
      const [x, w, ids] = [states(), weight(), targets()];
      const { live } = device.memory();
      device.resetPeak();
      const { gradients } = valueAndGrad(x, (x) => crossEntropy(reshape(affine(x, w, null), [2, 3, 500]), reshape(ids, [2, 3])));
      if (device.kernels.crossEntropyGradient) expect(device.memory().peak - live).toBeLessThan(1.1 * bytes);
      // the same with logits that somebody keeps
      const kept = valueAndGrad(x, (x) => {
        const logits = affine(x, w, null);
        return [crossEntropy(logits, ids), logits];
      });
      expect(await gradients.data()).toEqual(await kept.gradients.data());
      expect(await kept.extra.data()).toEqual(await affine(x, w, null).data());
    });

    test("is not, where somebody else needs them: who returns, keeps, made or read them", async () => {
      const [x, w, ids] = [states(), weight(), targets()];
      const { keep } = keeper();
      const seen: Tensor[] = [];
      const losses: Record<string, (x: Tensor) => Tensor | readonly [Tensor, Tensor]> = {
        "a view is returned": (x) => {
          const logits = affine(x, w, null);
          return [crossEntropy(logits, ids), slice(logits, 0, { start: 5 })];
        },
        "an op before that reads them": (x) => {
          const logits = affine(x, w, null);
          return add(sum(square(logits)), crossEntropy(logits, ids));
        },
        "an op after": (x) => {
          const logits = affine(x, w, null);
          return add(crossEntropy(logits, ids), sum(square(logits)));
        },
        "another loss": (x) => {
          const logits = affine(x, w, null);
          return add(crossEntropy(logits, ids), crossEntropy(logits, ids, { zLoss: 0.1 }));
        },
        "an op whose gradient is worked out from what it gave": (x) => crossEntropy(tanh(affine(x, w, null)), ids),
        "a keeper": (x) => {
          const logits = affine(x, w, null);
          keep(logits);
          seen.push(logits);
          return crossEntropy(logits, ids);
        },
        "a parameter": (x) => crossEntropy(reshape(x, [6, 8]), tensor([3, 0, 4, 7, 1, 2], { device, dtype: "int32" })),
      };
      for (const [name, loss] of Object.entries(losses)) {
        const { gradients, extra } = valueAndGrad(x, loss);
        // while a gradient of the gradient is recorded nothing is written over anything, and compositions run: the same sums in another order
        const plain = valueAndGrad(x, (outer) => {
          const { value, gradients } = valueAndGrad(outer, loss);
          return [value, gradients];
        });
        toClose(await gradients.data(), await plain.extra.data(), { rtol: 1e-5, atol: 1e-6 }, name);
        if (extra) expect(await extra.data(), name).toEqual(await slice(affine(x, w, null), 0, { start: 5 }).data());
      }
      expect(await seen[0]!.data()).toEqual(await affine(x, w, null).data());
      expect(await x.data()).toEqual(await states().data());
    });
  });

  describe("checkpointed", () => {
    const shape = [8, 8] as const;
    const weights = (): Tensor[] => [0, 1, 2, 3].map((layer) => uniform(random(5).split(layer), shape, { device }));
    const block = (x: Tensor, { weight, layer }: { weight: Tensor; layer: number }): Tensor =>
      add(x, dropout(gelu(matmul(tanh(mul(sin(x), 2)), weight)), 0.3, random(6).split(layer)));
    const network =
      (layer: typeof block) =>
      (params: Tensor[]): Tensor => {
        let x: Tensor = uniform(random(4), shape, { device });
        for (const [index, weight] of params.entries()) x = layer(x, { weight, layer: index });
        return sum(square(x));
      };

    test("equals plain, number for number: values, gradients and what dropout drops", async () => {
      const plain = valueAndGrad(weights(), network(block));
      const again = valueAndGrad(weights(), network(checkpointed(block)));
      expect(await again.value.item()).toBe(await plain.value.item());
      for (const [index, gradient] of plain.gradients.entries()) expect(await list(again.gradients[index]!)).toEqual(await list(gradient));
    });

    test("takes less memory", () => {
      const peak = (layer: typeof block): number =>
        scoped(() => {
          const params = weights();
          device.resetPeak();
          const { live } = device.memory();
          valueAndGrad(params, network(layer));
          return device.memory().peak - live;
        });
      expect(peak(checkpointed(block))).toBeLessThan(0.7 * peak(block));
    });

    test("has gradients of gradients", async () => {
      const cube = (x: Tensor): Tensor => mul(mul(x, x), x);
      const curve = (f: (x: Tensor) => Tensor) => grad(tensor([2, 3], { device }), (x) => sum(square(grad(x, (y) => sum(f(y))))));
      expect(await list(curve(checkpointed(cube)))).toEqual(await list(curve(cube)));
    });

    test("one inside another, and where nothing is recorded, is the function itself", async () => {
      const outer = checkpointed((x: Tensor) => checkpointed((y: Tensor) => exp(y))(mul(x, 2)));
      const x = tensor([0.5], { device });
      expect(await list(outer(x))).toEqual(await list(exp(mul(x, 2))));
      expect(await list(grad(x, (y) => sum(outer(y))))).toEqual(await list(mul(exp(mul(x, 2)), 2)));
    });

    test("may hand its argument through", async () => {
      expect(await list(grad(tensor([2], { device }), (x) => sum(mul(checkpointed((y: Tensor) => y)(x), x))))).toEqual([4]);
    });

    test("refuses what would lose its gradient, but not what has none", async () => {
      const x = tensor([2], { device });
      const y = tensor([3], { device });
      const reading = (by: (read: Tensor) => Tensor) => () => grad([x, y], ([a, b]) => sum(checkpointed((given: Tensor) => mul(given, by(b!)))(a!)));
      expect(reading((read) => exp(read))).toThrow("whose gradient is wanted, from outside its arguments; hand it in as one, or stopGradient() it");
      expect(reading((read) => copy(read))).toThrow("from outside its arguments");
      expect(() => grad([x, y], ([a, b]) => sum(checkpointed((_: Tensor) => b!)(a!)))).toThrow("from outside its arguments");
      const [a, b] = reading((read) => stopGradient(read))();
      expect([await list(a!), await list(b!)]).toEqual([[3], [0]]);
      expect(await list(grad(x, (given) => sum(checkpointed((z: Tensor) => mul(z, y))(given))))).toEqual([3]);
    });
  });

  test("anything but one float32 number is refused", () => {
    const x = tensor([1, 2], { device });
    expect(() => valueAndGrad(x, (y) => y)).toThrow("valueAndGrad: expected one float32 number from the function, got Tensor float32 [2] on");
    expect(() => valueAndGrad(x, () => tensor(1, { device, dtype: "int32" }))).toThrow("got Tensor int32 [] on");
  });
});
