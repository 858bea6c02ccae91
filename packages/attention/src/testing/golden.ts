import type { Device } from "@ashlar/backend";
import { add, fromData, mul, sum, type Tensor, valueAndGrad } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, numbers, type Tolerance, toClose } from "@ashlar/testing";
import { expect } from "vitest";

/** A golden array on a device. */
export function load({ shape, data, dtype }: GoldenArray, device: Device): Tensor {
  const host = dtype.startsWith("float") ? Float32Array.from(numbers({ shape, data, dtype })) : Int32Array.from(data, Number);
  return fromData(host, shape, { device });
}

/** Those inputs of a case that are float32, by name. */
export function floats(inputs: Readonly<Record<string, GoldenArray>>, device: Device): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).flatMap(([name, array]) => (array.dtype.startsWith("float") ? [[name, load(array, device)]] : [])));
}

/**
 * Holds what `run` makes of a case's inputs to its outputs, and the gradient of `Σ outputs · cotangents` to its gradients, within the case's
 * own tolerance, or that of `gradientTolerance` for a gradient it names. Every output and every gradient is compared.
 */
export async function expectCase(
  golden: GoldenCase,
  device: Device,
  run: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  gradientTolerance: Readonly<Record<string, Tolerance>> = {},
): Promise<void> {
  const { id, inputs, outputs, cotangents = {}, grads = {}, tolerance } = golden;
  const { extra, gradients } = valueAndGrad(floats(inputs, device), (given) => {
    const made = run(given);
    const parts = Object.entries(cotangents).map(([name, cotangent]) => sum(mul(made[name] as Tensor, load(cotangent, device))));
    const nothing = sum(mul(Object.values(made)[0] as Tensor, 0));
    return [parts.reduce<Tensor>((total, part) => add(total, part), nothing), made] as const;
  });
  expect(Object.keys(extra).sort(), id).toEqual(Object.keys(outputs).sort());
  for (const [name, made] of Object.entries(extra)) toClose(await made.data(), outputs[name], tolerance, `${id} ${name} on ${device.name}`);
  for (const [name, expected] of Object.entries(grads))
    toClose(await (gradients[name] as Tensor).data(), expected, gradientTolerance[name] ?? tolerance, `${id} gradient of ${name} on ${device.name}`);
}
