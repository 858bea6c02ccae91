import { type Device, erf, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  abs,
  add,
  clamp,
  div,
  elementwise,
  exp,
  gelu,
  grad,
  greater,
  l2Normalize,
  less,
  logicalAnd,
  logicalNot,
  maximum,
  mul,
  neg,
  pow,
  remainder,
  round,
  sigmoid,
  silu,
  softplus,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  toBool,
  toFloat32,
  toInt32,
  where,
} from "../index.ts";
import { devices } from "../testing/devices.ts";

const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];

/** A device that notes the kernels it is asked for. */
function noting(): { device: Device; calls: string[] } {
  const plain = reference();
  const calls: string[] = [];
  const kernels = Object.fromEntries(
    Object.entries(plain.kernels).map(([name, kernel]) => [
      name,
      (call: never) => {
        calls.push(name);
        return (kernel as unknown as (call: never) => unknown)(call);
      },
    ]),
  );
  return { device: { ...plain, kernels } as unknown as Device, calls };
}

test("a formula is one pass, and so is its gradient", () => {
  const { device, calls } = noting();
  const x = tensor([1, 2], { device });
  const long = elementwise("long", (a) => mul(tanh(add(mul(a, a), 1)), exp(neg(a))));
  long(x);
  expect(calls).toEqual(["map"]);
  calls.length = 0;
  grad(x, (given) => sum(long(given)));
  expect(calls).toEqual(["map", "reduce", "map"]);
});

test("a formula inside a formula is written into it", async () => {
  const device = reference();
  const inner = elementwise("inner", (a, b) => add(mul(a, b), 2));
  const outer = elementwise("outer", (a) => inner(inner(a, 3), a));
  expect(await list(outer(tensor([1, 2], { device })))).toEqual([7, 18]);
});

test("random formulas and their gradients are those of the same ops one after the other", async () => {
  const device = reference();
  // each step makes a new value out of two that were there, or of one and a number
  const step = fc.record({ op: fc.nat(6), left: fc.nat(20), right: fc.nat(20), number: fc.integer({ min: -3, max: 3 }) });
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  const build = <T>(steps: readonly Step[], first: readonly T[], ops: { [name: string]: (a: T, b: T | number) => T }): T => {
    const values = [...first];
    for (const { op, left, right, number } of steps) {
      const [a, b] = [values[left % values.length]!, values[right % values.length]!];
      values.push(Object.values(ops)[op]!(a, right % 3 === 0 ? number : b));
    }
    return values.at(-1)!;
  };
  const ops = {
    add: (a: never, b: never) => add(a, b),
    sub: (a: never, b: never) => sub(b, a),
    mul: (a: never, b: never) => mul(mul(a, 0.5), b),
    tanh: (a: never) => tanh(a),
    choose: (a: never, b: never) => where(less(a, b), mul(tanh(a), b), a),
    maximum: (a: never, b: never) => maximum(a, b),
    abs: (a: never) => abs(a),
  } as never;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const x = [tensor([0.3, -1.2, 2], { device }), tensor([[0.7], [-0.4]], { device })];
      const whole = elementwise("whole", (a, b) => add(build(steps, [a, b], ops), mul(0, add(a, b))));
      const apart = (a: Tensor, b: Tensor): Tensor => add(build<Tensor>(steps, [a, b], ops), mul(0, add(a, b)));
      expect(await list(whole(x[0]!, x[1]!))).toEqual(await list(apart(x[0]!, x[1]!)));
      const [one, other] = [whole, apart].map((f) => grad(x, ([a, b]) => sum(f(a!, b!)))) as [Tensor[], Tensor[]];
      for (const which of [0, 1]) for (const [i, value] of (await list(one[which]!)).entries()) expect(value).toBeCloseTo((await list(other[which]!))[i]!, 4);
    }),
    { numRuns: 60 },
  );
});

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  const gradientOf = (f: (x: Tensor) => Tensor, at: readonly number[]): Promise<number[]> => list(grad(tensor([...at], { device }), (x) => sum(f(x))));

  test("gradients stay finite where the function's parts overflow", async () => {
    const far = [-1000, -200, -89, 89, 200, 1000];
    expect(await gradientOf(sigmoid, far)).toEqual([0, 0, expect.closeTo(0, 30), expect.closeTo(0, 30), 0, 0]);
    expect(await gradientOf(silu, far)).toEqual([0, 0, expect.closeTo(0, 30), 1, 1, 1]);
    expect(await gradientOf(softplus, far)).toEqual([0, 0, expect.closeTo(0, 30), 1, 1, 1]);
    expect(await gradientOf(sigmoid, [0])).toEqual([0.25]);
    expect(await gradientOf(silu, [0])).toEqual([0.5]);
  });

  test("GELU's derivatives, by its result, are those of its formula: at zero, near it, far from it, and of the second order", async () => {
    const at = [0, -0, 1e-40, -1e-20, 0.3, -0.75, 2, -5, 40, -40, 1e20, -1e20];
    const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const first = at.map((x) => (1 + erf(x * Math.SQRT1_2)) / 2 + (Math.abs(x) > 40 ? 0 : x * density(x)));
    const second = at.map((x) => (Math.abs(x) > 40 ? 0 : density(x) * (2 - x * x)));
    // of the numbers near 1 that they are sums of, some units in the last place
    for (const [i, got] of (await gradientOf(gelu, at)).entries()) expect(Math.abs(got - first[i]!), `at ${at[i]}`).toBeLessThan(4e-7);
    const twice = (x: Tensor): Tensor => grad(x, (inside) => sum(gelu(inside)));
    for (const [i, got] of (await gradientOf(twice, at)).entries()) expect(Math.abs(got - second[i]!), `second, at ${at[i]}`).toBeLessThan(2e-6);
  });

  test("a vector of zeros is normalised to zeros, with a finite gradient", async () => {
    expect(await list(l2Normalize(tensor([0, 0], { device })))).toEqual([0, 0]);
    expect((await gradientOf((x) => l2Normalize(x), [0, 0])).every(Number.isFinite)).toBe(true);
  });

  test("whole numbers stay whole beside numbers, and wrap at 32 bits", async () => {
    const x = tensor([7, -7, 2 ** 31 - 1], { device, dtype: "int32" });
    for (const [y, expected] of [
      [add(x, 1), [8, -6, -(2 ** 31)]],
      [remainder(x, 3), [1, 2, 1]],
      [clamp(x, -3, 5), [5, -3, 5]],
      [where(greater(x, 0), x, -1), [7, -1, 2 ** 31 - 1]],
    ] as const) {
      expect(y.dtype).toBe("int32");
      expect(await list(y)).toEqual(expected);
    }
  });

  test("conversions cut toward zero and tell zero from the rest", async () => {
    const x = tensor([-1.7, 0, 0.5, 2.5, Number.NaN], { device });
    expect((await list(toInt32(x))).slice(0, 4)).toEqual([-1, 0, 0, 2]);
    expect(await list(toBool(x))).toEqual([1, 0, 1, 1, 1]);
    expect(await list(toFloat32(logicalNot(toBool(x))))).toEqual([0, 1, 0, 0, 0]);
    expect(await list(round(tensor([0.5, 1.5, -2.5], { device })))).toEqual([0, 2, -2]);
    expect(await list(logicalAnd(toBool(x), greater(x, 0)))).toEqual([0, 0, 1, 1, 0]);
  });

  test("numbers may stand on either side, scalars broadcast", async () => {
    const x = tensor([1, 2], { device });
    expect(await list(sub(1, x))).toEqual([0, -1]);
    expect(await list(div(tensor(6, { device }), x))).toEqual([6, 3]);
    expect(await list(pow(2, x))).toEqual([2, 4]);
    expect(add(tensor(1, { device }), 1).shape).toEqual([]);
  });
});
