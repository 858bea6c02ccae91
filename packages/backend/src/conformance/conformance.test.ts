import { describe, expect, test } from "vitest";
import type { Device, Kernel, KernelCall, KernelTable } from "../contract/device.ts";
import { reference } from "../reference/reference.ts";
import { lateFloats } from "../testing/lateFloats.ts";
import { cases } from "./cases.ts";
import { ConformanceError } from "./error.ts";
import { contracted } from "./tolerance.ts";

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

test("a contracted sum is within half a unit of its product's last place, and what that may move the sum's rounding", () => {
  const { absolute, relative } = contracted(1);
  let [differ, seed] = [0, 1];
  const number = (): number => {
    seed = (seed * 48271) % 2147483647;
    return Math.fround((2 * seed) / 2147483647 - 1);
  };
  for (let i = 0; i < 20_000; i++) {
    const [a, b, c] = [number(), number(), Math.fround(number() * 2 ** ((i % 40) - 20))];
    const stepwise = Math.fround(Math.fround(a * b) + c);
    const once = Math.fround(a * b + c);
    if (once !== stepwise) differ++;
    expect(Math.abs(once - stepwise)).toBeLessThanOrEqual(absolute + relative * Math.abs(stepwise));
  }
  expect(differ).toBeGreaterThan(1000);
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

  /** The next float32. */
  const next = (value: number): number => {
    const bits = new Int32Array(Float32Array.of(value).buffer);
    return new Float32Array(Int32Array.of(bits[0]! + 1).buffer)[0]!;
  };
  const neighbour = (): Device =>
    spoiled("map", (data) => {
      if (data.length > 0) data[data.length - 1] = next(data.at(-1)!);
    });

  test("the neighbour of a sum that reads a product, if it promises stepwise arithmetic, and only then", async () => {
    const mixed = cases.filter(({ tolerance }) => tolerance.reason.startsWith("half a unit in the last place of the product"));
    expect(mixed.length).toBeGreaterThan(30);
    const failed = async (device: Device): Promise<number> => {
      let count = 0;
      for (const entry of mixed) await entry.run(device).catch(() => count++);
      return count;
    };
    expect(await failed(reference())).toBe(0);
    const { arithmetic: _, ...promisesNothing } = neighbour();
    expect(await failed(promisesNothing)).toBe(0);
    expect(await failed(neighbour())).toBeGreaterThan(28); // all but those of nothing
  });

  test("the neighbour of a quotient, if it promises stepwise arithmetic, and only then", async () => {
    const [entry] = cases.filter(({ name }) => name === "map: divide of every pair of special numbers");
    const { arithmetic: _, ...promisesNothing } = neighbour();
    await entry!.run(promisesNothing);
    await expect(entry!.run(neighbour())).rejects.toSatisfy(ConformanceError.is);
  });

  test("a finite number where Infinity is expected", async () => {
    const [entry] = cases.filter(({ name }) => name === "map: exp of special, small, large and ordinary numbers");
    const device = spoiled("map", (data) => {
      const place = data.lastIndexOf(Number.POSITIVE_INFINITY);
      if (place >= 0) data[place] = 1;
    });
    await expect(entry!.run(device)).rejects.toThrow("expected Infinity, got 1");
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
