import { describe, expect, test } from "vitest";
import type { Device, Kernel, KernelCall, KernelTable } from "../contract/device.ts";
import { reference } from "../reference/reference.ts";
import { lateFloats } from "../testing/lateFloats.ts";
import { cases } from "./cases.ts";
import { ConformanceError } from "./error.ts";

test("every case has a name of its own", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test.each(cases.map((c) => [c.name, c] as const))("%s: says how close and why", (_, { name, kernel, tolerance: { absolute, relative, reason } }) => {
  expect(name.startsWith(`${kernel}: `)).toBe(true);
  expect(absolute).toBeGreaterThanOrEqual(0);
  expect(absolute).toBeLessThan(0.01);
  expect(relative).toBeGreaterThanOrEqual(0);
  expect(relative).toBeLessThan(0.01);
  expect(reason.split(" ").length, "a reason is more than a word or two").toBeGreaterThan(2);
});

test("every kernel of the contract has cases", () => {
  const asked = new Set(cases.map(({ kernel }) => kernel));
  expect(Object.keys(reference().kernels).filter((kernel) => !asked.has(kernel as keyof KernelTable))).toEqual([]);
});

describe("the reference device meets the contract", () => {
  for (const c of cases) {
    test(c.name, async () => {
      await using device = reference();
      await c.run(device);
    });
  }
});

describe("so does a device of late float32 numbers, at most seven inputs and one fresh output", () => {
  const applicable = cases.filter((c) => c.applies(lateFloats()));
  test("it has the required kernels alone", () => {
    expect([...new Set(applicable.map(({ kernel }) => kernel))].sort()).toEqual(["copy", "gather", "map", "matmul", "reduce", "scatterAdd"]);
  });
  for (const c of applicable) {
    test(c.name, async () => {
      await using device = lateFloats();
      await c.run(device);
    });
  }
});

describe("a device that does something else fails", () => {
  /** The reference, with the results of one kernel changed on their way out. */
  function spoiled<Name extends "map" | "matmul" | "softmax">(name: Name, change: (data: Float32Array) => void): Device {
    const device = reference();
    const kernel: Kernel<Name> = (call) => (device.kernels[name] as Kernel<Name>)(call);
    const outputs = new WeakSet<object>();
    const marked = (call: KernelCall<Name>) => {
      const buffers = kernel(call);
      for (const buffer of buffers) outputs.add(buffer);
      return buffers;
    };
    return {
      ...device,
      kernels: { ...device.kernels, [name]: marked },
      async read(operand) {
        const data = await device.read(operand);
        if (outputs.has(operand.buffer) && data instanceof Float32Array) change(data);
        return data;
      },
    };
  }
  const failures = async (name: keyof KernelTable, device: Device): Promise<number> => {
    let failed = 0;
    for (const c of cases.filter(({ kernel }) => kernel === name)) {
      await c.run(device).catch((error: unknown) => {
        if (!ConformanceError.is(error)) throw error;
        failed++;
      });
    }
    return failed;
  };

  test("the last element of a softmax off by a part in 100 000", async () => {
    const device = spoiled("softmax", (data) => {
      data[data.length - 1]! *= 1 + 1e-5;
    });
    expect(await failures("softmax", device)).toBeGreaterThan(10);
  });

  test("a product whose first element is another", async () => {
    const device = spoiled("matmul", (data) => {
      data[0]! += 1e-3;
    });
    expect(await failures("matmul", device)).toBeGreaterThan(20);
  });

  test("a kernel that leaks", async () => {
    const device = reference();
    const leaking: Device = {
      ...device,
      kernels: {
        ...device.kernels,
        gather: (call) => {
          device.upload(new Float32Array(1), "float32");
          return device.kernels.gather(call);
        },
      },
    };
    const [first] = cases.filter(({ kernel }) => kernel === "gather");
    await expect(first!.run(leaking)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConformanceError: gather: rows of a table, its indices repeated by stride 0: 0 bytes in 0 buffers became 4 in 1]`,
    );
  });

  test("a device without a kernel is told to ask first", async () => {
    const [first] = cases.filter(({ kernel }) => kernel === "softmax");
    const device = reference({ fused: false });
    expect(first!.applies(device)).toBe(false);
    await expect(first!.run(device)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConformanceError: softmax: rows of 1: the device reference has no softmax; ask applies(device) first]`,
    );
  });
});
