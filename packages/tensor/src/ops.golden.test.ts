// All of PyTorch's numbers in ops.json, values and gradients. The tolerances are the cases' own: 1e-5 and 2e-5 relative to float64 results,
// which float32 arithmetic on a few dozen elements keeps, and 0 where nothing is computed.
import type { Device } from "@ashlar/backend";
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, fromData, grad, mul, scoped, sum, Tensor } from "./index.ts";
import { devices } from "./testing/devices.ts";
import { goldenOps, type Params } from "./testing/golden-ops.ts";

const file = golden("ops");

function load(array: GoldenArray, device: Device): Tensor {
  const data = numbers(array);
  if (array.dtype === "int32") return fromData(Int32Array.from(data), array.shape, { device });
  if (array.dtype === "bool") return fromData(Uint8Array.from(data), array.shape, { device });
  return fromData(Float32Array.from(data), array.shape, { device });
}

const loadAll = (arrays: Readonly<Record<string, GoldenArray>>, device: Device): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, load(array, device)]));

/** The file writes float32 numbers with the fewest digits that tell them apart; a tolerance of 0 is about the number itself. */
const rounded = (array: GoldenArray): number[] => numbers(array).map(array.dtype === "float32" ? Math.fround : Number);

function run({ op, params }: GoldenCase, inputs: Record<string, Tensor>): Record<string, Tensor> {
  const result = goldenOps[op]!(inputs, params as unknown as Params);
  return result instanceof Tensor ? { out: result } : result;
}

async function check(golden: GoldenCase, device: Device): Promise<void> {
  const { outputs, grads, cotangents = {}, tolerance } = golden;
  const inputs = loadAll(golden.inputs, device);
  const actual = scoped(() => run(golden, inputs));
  for (const [name, expected] of Object.entries(outputs)) {
    expect(actual[name]!.shape, name).toEqual(expected.shape);
    expect(actual[name]!.dtype, name).toBe(expected.dtype);
    toClose(await actual[name]!.data(), rounded(expected), tolerance, name);
  }
  if (!grads) return;
  const weights = loadAll(cotangents, device);
  const gradients = grad(inputs, (given) => {
    const results = run(golden, given);
    const terms = Object.entries(weights).map(([name, weight]) => sum(mul(results[name]!, weight)));
    return terms.reduce((total, term) => add(total, term));
  });
  for (const [name, expected] of Object.entries(grads)) toClose(await gradients[name]!.data(), rounded(expected), tolerance, `gradient of ${name}`);
}

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test.each(file?.cases ?? [])("$id", (golden) => check(golden, device));
});

test.runIf(file)("every operation of the file is here, and no other", () => {
  expect(new Set(file!.cases.map(({ op }) => op))).toEqual(new Set(Object.keys(goldenOps)));
  expect(file!.cases).toHaveLength(file!.count);
});
