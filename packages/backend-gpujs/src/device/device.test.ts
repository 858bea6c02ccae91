import { reference } from "@ashlar/backend";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Engine } from "../engine/engine.ts";
import { mapped, scale, whole } from "../testing/calls.ts";
import { plainEngine } from "../testing/plainEngine.ts";
import { makeDevice } from "./device.ts";

const engine = (changes: Partial<Engine> = {}): Engine => ({ ...plainEngine({ vec4: false }), ...changes });

describe("shaders", () => {
  test("what changes from call to call compiles nothing", async () => {
    const { device, counts } = makeDevice(engine());
    const x = whole(device.upload(Float32Array.of(1, 2, 3), "float32"), [3]);
    for (const factor of [1, 2, -0.5, 1e-3]) {
      const y = mapped(device, scale, x, [factor]);
      expect(await device.read(whole(y, [3]))).toEqual(Float32Array.of(1, 2, 3).map((value) => value * Math.fround(factor)));
    }
    expect(counts.compilations).toBe(1);
  });

  test("a position of attention is a number of the call", () => {
    const { device, counts } = makeDevice(engine());
    const float = (shape: number[]) => whole(device.upload(new Float32Array(shape.reduce((a, b) => a * b, 1)), "float32"), shape);
    const blocks = whole(device.upload(Int32Array.of(1), "int32"), [1, 1, 1], "int32");
    const tiles = whole(device.upload(new Int32Array(0), "int32"), [0, 1, 1], "int32");
    const operands = [float([1, 1, 1, 4]), float([1, 8, 1, 4]), float([1, 8, 1, 4]), blocks, tiles, float([1, 3])];
    for (const queryOffset of [0, 5, 7]) {
      device.kernels.attention!({
        kernel: "attention",
        settings: { blockQueries: 1, blockKeys: 32, bias: { firstDistance: -2 } },
        operands,
        scalars: [1, queryOffset],
        outputs: [
          { shape: [1, 1, 1, 4], dtype: "float32" },
          { shape: [1, 1, 1], dtype: "float32" },
        ],
      });
    }
    expect(counts.compilations).toBe(5);
  });

  test("beyond the bound the longest unused goes, and comes back when it is called for", async () => {
    const gone: number[] = [];
    let made = 0;
    const plain = engine();
    const compile: Engine["compile"] = (spec) => {
      const number = made++;
      return { ...plain.compile(spec), destroy: () => gone.push(number) };
    };
    const { device, counts } = makeDevice({ ...plain, compile }, { shaders: 2 });
    const run = async (length: number) => {
      const x = whole(device.upload(new Float32Array(length).fill(2), "float32"), [length]);
      return device.read(whole(mapped(device, scale, x, [2]), [length]));
    };
    await run(4);
    await run(8);
    await run(4);
    await run(12); // the one for 8 goes
    expect(gone).toEqual([1]);
    expect(await run(4)).toEqual(new Float32Array(4).fill(4));
    expect(counts.compilations).toBe(3);
    expect(await run(8)).toEqual(new Float32Array(8).fill(4));
    expect(counts.compilations).toBe(4);
  });
});

describe("limits and losses", () => {
  test("what is too large is refused with its numbers before anything is made", () => {
    const { device } = makeDevice(plainEngine({ vec4: true, mostTexels: 16 }));
    expect(() => device.upload(new Float32Array(65), "float32")).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: upload: 65 elements of float32 take 272 bytes, this device allows 256 in one array; split it]`,
    );
    const x = whole(device.upload(new Float32Array(8), "float32"), [8, 1]);
    const wide = { ...x, shape: [8, 9], strides: [1, 0] };
    expect(() => mapped(device, scale, wide, [1])).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: map: an array of 72 float32 takes 288 bytes here, this device allows 256 in one; split it]`,
    );
    expect(() => device.upload(new Int32Array(40), "int32")).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: upload: 40 elements of int32 take 320 bytes, this device allows 256 in one array; split it]`,
    );
    expect(device.memory()).toEqual({ live: 32, peak: 32, buffers: 1 });
  });

  test("an error of a shader surfaces at the read, of all that was made of it", async () => {
    const { device } = makeDevice(
      engine({
        compile: () => ({
          run: async () => {
            throw new Error("Error compiling WGSL compute shader");
          },
          destroy() {},
        }),
      }),
    );
    const x = whole(device.upload(new Float32Array(2), "float32"), [2]);
    const y = whole(mapped(device, scale, x, [1]), [2]);
    const z = whole(mapped(device, scale, y, [1]), [2]);
    await expect(device.read(z)).rejects.toThrowErrorMatchingInlineSnapshot(`[DeviceError: map to [2]: Error compiling WGSL compute shader]`);
    expect(await device.read(x)).toEqual(new Float32Array(2));
    for (const { buffer } of [x, y, z]) device.free(buffer);
    expect(device.memory().live).toBe(0);
  });

  test("after a loss every call and the next read say so", async () => {
    let reason: string | undefined;
    const { device } = makeDevice(engine({ lost: () => reason }));
    const x = whole(device.upload(new Float32Array(2), "float32"), [2]);
    const y = whole(mapped(device, scale, x, [1]), [2]);
    reason = "the WebGL context was lost";
    await expect(device.read(y)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: read: the WebGL context was lost, and all that was on it; make a new device with gpujs() and load the last checkpoint]`,
    );
    expect(() => mapped(device, scale, x, [1])).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: map: the WebGL context was lost, and all that was on it; make a new device with gpujs() and load the last checkpoint]`,
    );
    expect(() => device.upload(new Float32Array(1), "float32")).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: upload: the WebGL context was lost, and all that was on it; make a new device with gpujs() and load the last checkpoint]`,
    );
    for (const { buffer } of [x, y]) device.free(buffer);
    await device[Symbol.asyncDispose]();
    expect(() => device.memory()).toThrowErrorMatchingInlineSnapshot(`[DeviceError: memory: the gpujs device was disposed; make a new one with gpujs()]`);
  });
});

test("calls that wait are done in the order in which they were made", async () => {
  const plain = plainEngine({ vec4: false });
  let delay = 20;
  const compile: Engine["compile"] = (spec) => {
    const shader = plain.compile(spec);
    return {
      ...shader,
      async run(arrays, scalars) {
        delay -= 8;
        await new Promise((resolve) => setTimeout(resolve, delay));
        return shader.run(arrays, scalars);
      },
    };
  };
  const { device } = makeDevice({ ...plain, compile });
  const x = whole(device.upload(Float32Array.of(1, -1), "float32"), [2]);
  const y = whole(mapped(device, scale, x, [3]), [2]);
  device.free(x.buffer);
  const z = whole(mapped(device, scale, y, [5]), [2]);
  device.free(y.buffer);
  expect(await device.read(z)).toEqual(Float32Array.of(15, -15));
  device.free(z.buffer);
  await device[Symbol.asyncDispose]();
});

test("integers of two halves are the integers of 32 bits", async () => {
  const device = makeDevice(plainEngine({ vec4: true })).device;
  const plain = reference();
  const any = fc.oneof(fc.integer(), fc.integer({ min: -70000, max: 70000 }), fc.constantFrom(0, 1, -1, 65535, 65536, 2 ** 31 - 1, -(2 ** 31)));
  const names = ["add", "subtract", "multiply", "remainder", "maximum", "minimum"] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(any, any), { minLength: 1, maxLength: 9 }), fc.constantFrom(...names), async (pairs, name) => {
      const program = { operands: 2, scalars: 0, instructions: [[name, 0, 1]] } as const;
      const results = await Promise.all(
        [device, plain].map(async (on) => {
          const operands = [0, 1].map((side) =>
            whole(
              on.upload(
                Int32Array.from(pairs, (pair) => pair[side]!),
                "int32",
              ),
              [pairs.length],
              "int32",
            ),
          );
          const [output] = on.kernels.map({
            kernel: "map",
            settings: { program },
            operands,
            scalars: [],
            outputs: [{ shape: [pairs.length], dtype: "int32" }],
          });
          return on.read(whole(output!, [pairs.length], "int32"));
        }),
      );
      expect(results[0]).toEqual(results[1]);
    }),
    { numRuns: 60 },
  );
});

test("a program over more arrays than a shader reads, and a concatenation of more, come to the same", async () => {
  const device = makeDevice(plainEngine({ vec4: true })).device;
  const operands = Array.from({ length: 17 }, (_, index) => whole(device.upload(Float32Array.of(index, 2 * index, -index), "float32"), [3]));
  const instructions = operands.slice(1).map((_, index) => ["add", index === 0 ? 0 : 16 + index, index + 1] as const);
  const [sum] = device.kernels.map({
    kernel: "map",
    settings: { program: { operands: 17, scalars: 0, instructions } },
    operands,
    scalars: [],
    outputs: [{ shape: [3], dtype: "float32" }],
  });
  expect(await device.read(whole(sum!, [3]))).toEqual(Float32Array.of(136, 272, -136));
  const offsets = operands.map((_, index) => [3 * index]);
  const [joined] = device.kernels.copy({ kernel: "copy", settings: { offsets, fill: 0 }, operands, scalars: [], outputs: [{ shape: [51], dtype: "float32" }] });
  expect(await device.read(whole(joined!, [51]))).toEqual(Float32Array.from({ length: 51 }, (_, i) => [1, 2, -1][i % 3]! * Math.floor(i / 3)));
});
