import { type Device, reference } from "@ashlar/backend";
import { paths, random, type Tensor } from "@ashlar/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constant, define, embedding, fresh, init, linear, NnError, normal, param, type Source, truncatedNormal, uniform } from "./index.ts";

const device = reference();
const values = async (x: Tensor) => [...(await x.data())];
const none = () => null;

const model = define({ table: embedding(7, 4), blocks: [linear(4, 4), linear(4, 2, { bias: false })], scale: param([3], constant(2)), gate: null }, none);

describe("init", () => {
  test("asks for every parameter once, by its path and with its shape, and tells the source when it is done", () => {
    const asked: string[] = [];
    const source: Source = {
      read: (path, wanted) => {
        asked.push(`${path} [${wanted.shape.join(", ")}]`);
        return wanted.initial(wanted.shape, random(0), device);
      },
      done: () => asked.push("done"),
    };
    const params = init(model, source);
    expect(asked).toEqual(["table.weight [7, 4]", "blocks.0.weight [4, 4]", "blocks.0.bias [4]", "blocks.1.weight [2, 4]", "scale [3]", "done"]);
    expect(paths(params).map(([path, { shape }]) => `${path} [${shape.join(", ")}]`)).toEqual(asked.slice(0, -1));
    expect([params.gate, params.blocks[1]?.bias]).toEqual([null, null]);
    expect(Array.isArray(params.blocks)).toBe(true);
  });

  test("a tensor that the source has not is reported where it is asked for, and nothing after it is read", () => {
    const asked: string[] = [];
    const source: Source = {
      read: (path, wanted) => {
        asked.push(path);
        if (path === "blocks.0.bias") throw new Error(`no tensor for ${path}`);
        return wanted.initial(wanted.shape, random(0), device);
      },
      done: () => asked.push("done"),
    };
    expect(() => init(model, source)).toThrow("no tensor for blocks.0.bias");
    expect(asked).toEqual(["table.weight", "blocks.0.weight", "blocks.0.bias"]);
  });

  test("what a device has no room for is refused before the first number is made", () => {
    const small = reference({ memory: 3_000_000 });
    const large = linear(1000, 1000);
    expect(() => init(large, fresh(0, { device: small }))).toThrowErrorMatchingInlineSnapshot(
      `[NnError: init: the parameters take 4.0 MB, and reference has room for 3.0 MB (0.0 MB of 3.0 MB are in use); free some, take a smaller model or a device with more memory]`,
    );
    expect(small.memory().peak).toBe(0);
    init(linear(100, 100), fresh(0, { device: small }));
    expect(() => init(linear(1000, 745), fresh(0, { device: small }))).toThrow(NnError);
    init(linear(1000, 100), fresh(0, { device: small }));
  });

  test("a size that is not a whole number is a mistake of the description", () => {
    expect(() => linear(768 / 5, 4)).toThrowErrorMatchingInlineSnapshot(`[NnError: param: expected whole sizes, got [4, 153.6]]`);
    expect(() => embedding(-1, 4)).toThrow(NnError);
  });
});

describe("fresh", () => {
  const all = async (params: unknown) => Promise.all(paths(params).map(async ([path, tensor]) => [path, await values(tensor)] as const));

  test("one seed gives one set of numbers, another seed another", async () => {
    const [first, again, other] = await Promise.all([7, 7, 8].map((seed) => all(init(model, fresh(seed, { device })))));
    expect(first).toEqual(again);
    expect(first![0]).not.toEqual(other![0]);
  });

  test("a seed and its source of random numbers are the same", async () => {
    expect(await all(init(model, fresh(random(7), { device })))).toEqual(await all(init(model, fresh(7, { device }))));
  });

  test("another layer before, after or inside changes no other's numbers", async () => {
    const names = ["a", "b", "c", "d", "e"];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(names, { minLength: 1 }), fc.nat(), async (present, seed) => {
        const parts = (given: readonly string[]) => define(Object.fromEntries(given.map((name) => [name, linear(2, 2)])), none);
        const whole = new Map(await all(init(parts(names), fresh(seed, { device }))));
        for (const [path, numbers] of await all(init(parts(present), fresh(seed, { device })))) expect(numbers).toEqual(whole.get(path));
      }),
      { numRuns: 20 },
    );
  });

  test("no two parameters of a model have the same numbers", async () => {
    const blocks = define({ blocks: Array.from({ length: 12 }, () => linear(3, 3)) }, none);
    const weights = (await all(init(blocks, fresh(0, { device })))).filter(([path]) => path.endsWith("weight"));
    expect(new Set(weights.map(([, numbers]) => numbers.join())).size).toBe(12);
  });

  test("the numbers lie on the device that was asked for", () => {
    const other: Device = reference();
    expect(paths(init(model, fresh(0, { device: other }))).every(([, tensor]) => tensor.device === other)).toBe(true);
  });
});

describe("first numbers", () => {
  const drawn = async (initial: ReturnType<typeof normal>) => values(initial([200, 200], random(3).split("here"), device));
  const moments = (x: readonly number[]) => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const power = (n: number) => x.reduce((a, b) => a + (b - mean) ** n, 0) / x.length;
    return { mean, deviation: Math.sqrt(power(2)), kurtosis: power(4) / power(2) ** 2 };
  };
  // Of 40,000 draws the mean errs by 1/200 of a deviation, the deviation by 1/280 of itself, the fourth moment by √(96 / 40,000) = 0.05: five
  // times that is never passed by chance, and the draws are always the same.
  const close = (got: number, wanted: number, error: number) => expect(Math.abs(got - wanted)).toBeLessThan(5 * error);

  test("normal: its deviation, mean 0, the tails of a bell", async () => {
    const { mean, deviation, kurtosis } = moments(await drawn(normal(0.02)));
    close(mean, 0, 0.02 / 200);
    close(deviation, 0.02, 0.02 / 280);
    close(kurtosis, 3, 0.05);
  });

  test("truncatedNormal: nothing beyond two deviations, so 0.8796 of the deviation", async () => {
    const x = await drawn(truncatedNormal(0.5));
    const { mean, deviation } = moments(x);
    expect(Math.max(...x.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(Math.max(...x.map(Math.abs))).toBeGreaterThan(0.99);
    close(mean, 0, 0.44 / 200);
    close(deviation, 0.5 * 0.879626, 0.44 / 280);
  });

  test("uniform: from −limit up to limit, flat", async () => {
    const x = await drawn(uniform(0.3));
    const { mean, deviation, kurtosis } = moments(x);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(Math.fround(-0.3));
    expect(Math.max(...x)).toBeLessThanOrEqual(0.3);
    close(mean, 0, 0.173 / 200);
    close(deviation, 0.3 / Math.sqrt(3), 0.173 / 280);
    close(kurtosis, 1.8, 0.01);
  });

  test("constants", async () => {
    expect(new Set(await drawn(constant(0.25)))).toEqual(new Set([0.25]));
    const layer = init(linear(3, 2), fresh(0, { device }));
    expect(await values(layer.bias!)).toEqual([0, 0]);
  });
});
