import type { Buffer, Device, Operand } from "@ashlar/backend";
import { encodeBfloat16, encodeFloat16, reference } from "@ashlar/backend";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine/engine.ts";
import type { Handle } from "../engine/library.ts";
import { whole } from "../testing/calls.ts";
import { plainEngine } from "../testing/plainEngine.ts";
import { makeDevice } from "./device.ts";

/** An engine that says how many arrays are on it. */
function counted(vec4: boolean): { readonly engine: Engine; arrays(): number } {
  const plain = plainEngine({ vec4 });
  let live = 0;
  const count = (handle: Handle): Handle => {
    live++;
    return { ...handle, delete: () => void live-- };
  };
  return {
    arrays: () => live,
    engine: {
      ...plain,
      upload: (data, texels) => count(plain.upload(data, texels)),
      compile: (spec) => {
        const shader = plain.compile(spec);
        return { ...shader, run: (arrays, scalars) => (shader.run(arrays, scalars) as readonly Handle[]).map(count) };
      },
    },
  };
}

const numbers = (count: number, seed: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i));

function weight(device: Device, shape: readonly [number, number], dtype: "float16" | "bfloat16"): Operand {
  const data = numbers(shape[0] * shape[1], 3);
  return whole(device.upload(dtype === "float16" ? encodeFloat16(data) : encodeBfloat16(data), dtype), shape, dtype);
}

function product(device: Device, x: Operand, right: Operand): Buffer {
  const shape = [x.shape[0]!, right.shape[1]!];
  return device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [x, right], scalars: [], outputs: [{ shape, dtype: "float32" }] })[0]!;
}

const turned = (operand: Operand): Operand => ({ ...operand, shape: operand.shape.toReversed(), strides: operand.strides.toReversed() });

describe.each([false, true])("16-bit weights, texels %s", (vec4) => {
  test.each(["float16", "bfloat16"] as const)("%s is widened once, whatever view of it is read, and goes with it", async (dtype) => {
    const { engine, arrays } = counted(vec4);
    const { device, counts } = makeDevice(engine);
    const plain = reference();
    const [on, beside] = [device, plain].map((where) => ({
      x: whole(where.upload(numbers(24, 1), "float32"), [3, 8]),
      w: weight(where, [8, 8], dtype),
    })) as [{ x: Operand; w: Operand }, { x: Operand; w: Operand }];
    const before = arrays();
    for (let call = 0; call < 5; call++) {
      for (const view of [(w: Operand) => w, turned]) {
        const [got, expected] = [product(device, on.x, view(on.w)), product(plain, beside.x, view(beside.w))];
        const [a, b] = [await device.read(whole(got, [24])), await plain.read(whole(expected, [24]))];
        for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(1e-5);
        device.free(got);
      }
    }
    expect(counts.widenings).toBe(1);
    expect(arrays()).toBe(before + 2); // the table of all 16-bit floats, and what was made of the weight
    device.free(on.w.buffer);
    expect(arrays()).toBe(before); // the weight itself, and what was made of it, are gone
    device.free(on.x.buffer);
    await device[Symbol.asyncDispose]();
    expect(arrays()).toBe(0);
  });
});

test("beyond the bound the longest unused is let go, and made again when it is called for", async () => {
  const { engine, arrays } = counted(false);
  const { device, counts } = makeDevice(engine, { widened: 2 * 4 * 64 });
  const x = whole(device.upload(numbers(8, 1), "float32"), [1, 8]);
  const weights = [0, 1, 2].map(() => weight(device, [8, 8], "bfloat16"));
  const use = (which: number): void => device.free(product(device, x, weights[which]!));
  for (const which of [0, 1, 0, 1, 0]) use(which);
  expect(counts.widenings).toBe(2);
  const held = arrays();
  use(2); // the one of weight 1 goes
  expect(arrays()).toBe(held);
  use(0);
  expect(counts.widenings).toBe(3);
  use(1);
  expect(counts.widenings).toBe(4);
  await device[Symbol.asyncDispose]();
  expect(arrays()).toBe(0);
});

test("a bound of nothing keeps the last one alone", async () => {
  const { engine } = counted(false);
  const { device, counts } = makeDevice(engine, { widened: 0 });
  const x = whole(device.upload(numbers(8, 1), "float32"), [1, 8]);
  const [one, other] = [weight(device, [8, 8], "float16"), weight(device, [8, 8], "float16")];
  for (const right of [one, one, other, one]) device.free(product(device, x, right));
  expect(counts.widenings).toBe(3);
  await device[Symbol.asyncDispose]();
});
