import { describe, expect, test } from "vitest";
import { contiguousStrides, type Device, type KernelCall, type Operand, type Program, profiled, reference, workOf } from "../index.ts";

/** A clock that goes on by a millisecond a look. */
function ticking(): () => number {
  let now = 0;
  return () => now++;
}

const on = (device: Device, shape: readonly number[]): Operand => ({
  buffer: device.upload(new Float32Array(shape.reduce((count, size) => count * size, 1)).fill(2), "float32"),
  shape,
  strides: contiguousStrides(shape),
  offset: 0,
  dtype: "float32",
});
const product = (a: Operand, b: Operand, shape: readonly number[]): KernelCall<"matmul"> => ({
  kernel: "matmul",
  settings: {},
  operands: [a, b],
  scalars: [],
  outputs: [{ shape, dtype: "float32" }],
});

describe("profiled", () => {
  test("computes the same, and sums time, operations and bytes by kernel and by shapes", async () => {
    await using device = profiled(reference(), { clock: ticking() });
    const [a, b, c] = [on(device, [2, 3]), on(device, [3, 4]), on(device, [3, 1])];
    const [buffer] = device.kernels.matmul(product(a, b, [2, 4]));
    device.kernels.matmul(product(a, c, [2, 1]));
    const out: Operand = { buffer: buffer!, shape: [2, 4], strides: [4, 1], offset: 0, dtype: "float32" };
    expect(await device.read(out)).toEqual(new Float32Array(8).fill(12));
    expect(device.profile.sums()).toEqual([
      { name: "upload", calls: 3, milliseconds: 3, operations: 0, bytes: 4 * (6 + 12 + 3) },
      { name: "matmul", calls: 2, milliseconds: 2, operations: 2 * (2 * 3 * 4 + 2 * 3), bytes: 4 * (6 + 12 + 8 + 6 + 3 + 2) },
      { name: "read", calls: 1, milliseconds: 1, operations: 0, bytes: 32 },
    ]);
    expect(device.profile.sums({ by: "shape" }).map(({ name, calls }) => [name, calls])).toEqual([
      ["upload", 3],
      ["matmul 2×3 · 3×4 → 2×4", 1],
      ["matmul 2×3 · 3×1 → 2×1", 1],
      ["read", 1],
    ]);
    expect(device.memory()).toMatchObject({ buffers: 5 });
  });

  test("spans hold what is called inside, in the trace too; a promise counts until it is settled", async () => {
    await using device = profiled(reference(), { clock: ticking() });
    const a = on(device, [2, 2]);
    await device.profile.span("outer", async () => {
      device.profile.span("inner", () => device.kernels.matmul(product(a, a, [2, 2])));
      await device.read(a);
    });
    expect(() =>
      device.profile.span("broken", () => {
        throw new Error("kept");
      }),
    ).toThrow("kept");
    const events = new Map(device.profile.trace().traceEvents.map((event) => [event.name, event]));
    expect([...events.keys()]).toEqual(["upload", "matmul", "inner", "read", "outer", "broken"]);
    const within = (inner: string, outer: string): boolean => {
      const [a, b] = [events.get(inner)!, events.get(outer)!];
      return a.ts >= b.ts && a.ts + a.dur <= b.ts + b.dur;
    };
    expect([within("matmul", "inner"), within("inner", "outer"), within("read", "outer"), within("broken", "outer")]).toEqual([true, true, true, false]);
    expect(events.get("matmul")).toEqual({
      name: "matmul",
      cat: "kernel",
      ph: "X",
      ts: 5000,
      dur: 1000,
      pid: 1,
      tid: 1,
      args: { shapes: "2×2 · 2×2 → 2×2", operations: 16, bytes: 48 },
    });
  });

  test("a trace keeps so many events and says how many more there were; sums go on; clear begins anew", () => {
    const device = profiled(reference(), { clock: ticking(), keep: 2 });
    for (let each = 0; each < 5; each++) on(device, [1]);
    expect(device.profile.trace().traceEvents).toHaveLength(2);
    expect(device.profile.leftOut).toBe(3);
    expect(device.profile.sums()[0]?.calls).toBe(5);
    device.profile.clear();
    expect([device.profile.sums(), device.profile.leftOut, device.profile.trace().traceEvents]).toEqual([[], 0, []]);
  });

  test("a call that fails is not counted and fails as before", () => {
    const device = profiled(reference());
    expect(() => device.kernels.matmul(product(on(device, [2, 3]), on(device, [2, 3]), [2, 3]))).toThrow("the inner sizes must be equal");
    expect(device.profile.sums().map(({ name }) => name)).toEqual(["upload"]);
  });

  test("has the kernels that the device has", () => {
    const plain = reference({ fused: false });
    expect(Object.keys(profiled(plain).kernels)).toEqual(Object.keys(plain.kernels));
  });
});

describe("workOf", () => {
  const device = reference();
  const x = on(device, [3, 4]);
  const row: Operand = { ...on(device, [4]), shape: [3, 4], strides: [0, 1] };
  const program: Program = {
    operands: 2,
    scalars: 0,
    instructions: [
      ["literal", 2],
      ["multiply", 0, 2],
      ["add", 3, 1],
    ],
  };

  test("map: instructions but for constants; a repeated row is read once", () => {
    const call: KernelCall<"map"> = { kernel: "map", settings: { program }, operands: [x, row], scalars: [], outputs: [x] };
    expect(workOf(call as KernelCall)).toEqual({ operations: 12 * 2, bytes: 4 * (12 + 4 + 12) });
  });

  test("reduce: a fold a number, and what comes before it", () => {
    const call: KernelCall<"reduce"> = {
      kernel: "reduce",
      settings: { kind: "sum", axes: [1], program },
      operands: [x, row],
      scalars: [],
      outputs: [{ shape: [3], dtype: "float32" }],
    };
    expect(workOf(call as KernelCall)).toEqual({ operations: 12 * 3, bytes: 4 * (12 + 4 + 3) });
  });

  test("attention: two products of every query with every key, five for its gradient", () => {
    const [query, key, value] = [on(device, [2, 5, 4, 8]), on(device, [2, 7, 2, 8]), on(device, [2, 7, 2, 6])];
    const rest = { settings: {}, scalars: [], outputs: [] };
    const pairs = 2 * 4 * 5 * 7;
    expect(workOf({ kernel: "attention", operands: [query, key, value], ...rest } as unknown as KernelCall).operations).toBe(pairs * 2 * (8 + 6));
    const gradient = { kernel: "attentionGradient", operands: [x, x, x, query, key, value], ...rest } as unknown as KernelCall;
    expect(workOf(gradient).operations).toBe(pairs * 2 * (3 * 8 + 2 * 6));
  });

  test("a kernel from elsewhere counts its bytes", () => {
    expect(workOf({ kernel: "hadamard", settings: {}, operands: [x], scalars: [], outputs: [] } as unknown as KernelCall)).toEqual({
      operations: 0,
      bytes: 48,
    });
  });
});
