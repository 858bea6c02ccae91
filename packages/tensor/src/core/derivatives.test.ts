import type { Device } from "@ashlar/backend";
import { toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as everything from "../index.ts";
import { add, fromData, grad, mul, random, sum, type Tensor, uniformData } from "../index.ts";
import { devices } from "../testing/devices.ts";
import { type Differentiable, differentiable } from "../testing/differentiable.ts";
import { double } from "../testing/double.ts";

type Arrays = readonly Float64Array[];
type Scalar = (inputs: Tensor[]) => Tensor;

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const numbersFor = (name: string, length: number): Float64Array => Float64Array.from(uniformData(random(1).split(name), length));

function inputsOf({ name, shapes, within: [low, high] }: Differentiable): Arrays {
  return shapes.map((shape, index) => numbersFor(`${name} ${index}`, count(shape)).map((x) => low + x * (high - low)));
}

/** The inputs on a device; the double device keeps them as they are. */
const load = ({ shapes }: Differentiable, arrays: Arrays, device: Device): Tensor[] =>
  arrays.map((data, index) => {
    const host = device.name === "double" ? (data as unknown as Float32Array) : Float32Array.from(data);
    return fromData(host, shapes[index]!, { device, dtype: "float32" });
  });

/** Fixed numbers, as many as a tensor has, summed with it: a scalar that sees every element differently. */
const weighed = (x: Tensor, name: string): Tensor => {
  const weights = fromData(
    Float32Array.from(numbersFor(name, x.size), (u) => u + 0.5),
    x.shape,
    { device: x.device },
  );
  return sum(mul(x, weights));
};

const first =
  (tried: Differentiable): Scalar =>
  (inputs) =>
    weighed(tried.run(...(inputs as [Tensor, Tensor, Tensor])), "cotangent");

/** The gradient's own gradient: of fixed numbers times the gradient. */
const second =
  (tried: Differentiable): Scalar =>
  (inputs) => {
    const gradients = grad(inputs, first(tried)) as Tensor[];
    return gradients.map((gradient, index) => weighed(gradient, `direction ${index}`)).reduce((a, b) => add(a, b));
  };

/** The slope of f along a direction: (f(x + h·u) − f(x − h·u)) / 2h. */
async function slope(tried: Differentiable, f: Scalar, device: Device, direction: Arrays): Promise<number> {
  const h = 1e-5;
  const at = (step: number): Promise<number> =>
    f(
      load(
        tried,
        inputsOf(tried).map((data, index) => data.map((x, place) => x + step * direction[index]![place]!)),
        device,
      ),
    ).item();
  return ((await at(h)) - (await at(-h))) / (2 * h);
}

/** The slope along every element of every input. */
async function slopes(tried: Differentiable, f: Scalar, device: Device): Promise<number[]> {
  const still = inputsOf(tried).map((data) => new Float64Array(data.length));
  const each = still.flatMap((data, index) => [...data.keys()].map((place) => still.with(index, data.with(place, 1))));
  return Promise.all(each.map((direction) => slope(tried, f, device, direction)));
}

async function gradientsOf(tried: Differentiable, f: Scalar, device: Device): Promise<number[]> {
  const gradients = grad(load(tried, inputsOf(tried), device), f) as Tensor[];
  const arrays = await Promise.all(gradients.map((gradient) => gradient.data()));
  return arrays.flatMap((data) => [...data]);
}

// In double precision a step of 1e-5 leaves 1e-10 times the third derivative, and as much of rounding.
const finiteDifference = { rtol: 1e-6, atol: 1e-7 };

describe("in double precision", () => {
  test.each(differentiable)("the gradient of $name is its slope", async (tried) => {
    const device = double();
    toClose(await gradientsOf(tried, first(tried), device), await slopes(tried, first(tried), device), finiteDifference, tried.name);
  });

  test.each(differentiable)("the gradient of the gradient of $name is its slope", async (tried) => {
    const device = double();
    const direction = inputsOf(tried).map((data, index) => numbersFor(`along ${index}`, data.length).map((u) => u - 0.5));
    const along = direction.flatMap((data) => [...data]);
    const gradient = await gradientsOf(tried, second(tried), device);
    const projected = gradient.reduce((total, value, place) => total + value * along[place]!, 0);
    toClose([projected], [await slope(tried, second(tried), device, direction)], finiteDifference, tried.name);
  });
});

// A few hundred float32 operations, each rounding to 6e-8 of what went in, some of which cancels.
const single = { rtol: 2e-5, atol: 2e-5 };

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test.each(differentiable)("gradients of $name, first and second, are those of double precision", async (tried) => {
    for (const f of [first(tried), second(tried)]) toClose(await gradientsOf(tried, f, device), await gradientsOf(tried, f, double()), single, tried.name);
  });
});

test("every op that has a gradient is tried", () => {
  // comparisons, whole numbers and other types have none; what makes tensors, sources or functions is no op
  const others = `Tensor TensorError Expression Random random scoped through adopt keeper place launch replayable op elementwise valueAndGrad grad leaves mapTree paths tensors zipTrees
    fromData full ones range tensor zeros zerosLike uniform uniformData normal truncatedNormal bernoulli randomIntegers stopGradient
    less lessEqual greater greaterEqual equal notEqual logicalAnd logicalOr logicalNot argmax argmin ceil round oneHot
    toBool toFloat32 toInt32 cast quantize dequantize isQuantized`;
  const tried = new Set(differentiable.map(({ name }) => name.split(/[ ,]/)[0]));
  expect(Object.keys(everything).filter((name) => !tried.has(name) && !others.split(/\s+/).includes(name))).toEqual([]);
});
