import { type Device, reference, threefry } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bernoulli, dropout, normal, ones, type Random, random, randomIntegers, type Tensor, truncatedNormal, uniform, uniformData } from "../index.ts";
import { devices } from "../testing/devices.ts";

const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];
const seeds = fc.maxSafeInteger();
const names = fc.oneof(fc.string(), fc.nat());
const key = ({ state }: Random): string => state.join();

// Random123's known answers, kat_vectors, "threefry2x32 20"
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)("threefry at counter %j with key %j", (counter, [first, second], words) => {
  expect(threefry(first, second, counter[0], counter[1])).toEqual(words);
});

test("uniform numbers are the upper 24 bits of the words", () => {
  expect([...uniformData(random([0, 0]), 2)]).toEqual([0x6b2001 / 2 ** 24, 0x99ba4e / 2 ** 24]);
});

test("a stream's beginning does not depend on its length", () => {
  fc.assert(
    fc.property(seeds, fc.nat(40), fc.nat(40), (seed, a, b) => {
      const [short, long] = [Math.min(a, b), Math.max(a, b)];
      expect(uniformData(random(seed), long).slice(0, short)).toEqual(uniformData(random(seed), short));
    }),
  );
});

test("splits depend on names, not on order, on other splits or on what was drawn", () => {
  fc.assert(
    fc.property(seeds, fc.uniqueArray(names, { minLength: 1, maxLength: 6 }), (seed, all) => {
      const source = random(seed);
      const straight = all.map((name) => key(source.split(name)));
      uniformData(source, 10);
      const backwards = all.toReversed().map((name) => key(random(seed).split(name)));
      expect(backwards.toReversed()).toEqual(straight);
    }),
  );
});

test("different seeds, names and paths are different sources", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(seeds, fc.array(fc.string(), { maxLength: 3 })), { selector: (pair) => JSON.stringify(pair), maxLength: 30 }),
      (pairs) => {
        const keys = pairs.map(([seed, path]) => key(path.reduce((source, name) => source.split(name), random(seed))));
        expect(new Set(keys).size).toBe(pairs.length);
      },
    ),
  );
  expect(key(random(1).split("a\0"))).not.toBe(key(random(1).split("a")));
  expect(key(random(1).split("ab"))).not.toBe(key(random(1).split("a").split("b")));
  expect(key(random(2 ** 32))).not.toBe(key(random(0)));
  expect(key(random(-1))).not.toBe(key(random(2 ** 32 - 1)));
});

test("a state is plain data, from which the source comes again", () => {
  const source = random(7).split("dropout");
  const restored = random(JSON.parse(JSON.stringify(source.state)) as [number, number]);
  expect(uniformData(restored, 5)).toEqual(uniformData(source, 5));
});

/** Mean, deviation, and the shares of numbers beyond one and two deviations. */
function moments(data: readonly number[]): { mean: number; deviation: number; beyond1: number; beyond2: number; third: number } {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
  const share = (n: number): number => data.filter((x) => Math.abs(x - mean) > n * deviation).length / data.length;
  const third = data.reduce((sum, x) => sum + ((x - mean) / deviation) ** 3, 0) / data.length;
  return { mean, deviation, beyond1: share(1), beyond2: share(2), third };
}

// A mean of n numbers of deviation 1 is off by 1/√n: five of those are 0.025 for 40 000.
const within = (actual: number, expected: number, by = 0.025): void => expect(Math.abs(actual - expected)).toBeLessThan(by);

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("every device draws the same numbers", async () => {
    const plain = reference();
    for (const length of [0, 1, 2, 7, 1000]) {
      const source = random(11).split(length);
      expect(await list(uniform(source, [length], { device }))).toEqual([...uniformData(source, length)]);
      expect(await list(normal(source, [length], { device }))).toEqual(await list(normal(source, [length], { device: plain })));
    }
  });

  test("uniform, normal, truncated, bernoulli and whole numbers are distributed as they say", async () => {
    const shape = [200, 200];
    const flat = moments(await list(uniform(random(1), shape, { device })));
    within(flat.mean, 0.5);
    within(flat.deviation, Math.sqrt(1 / 12));
    const bell = moments(await list(normal(random(2), shape, { device, mean: 3, deviation: 2 })));
    within(bell.mean, 3, 0.05);
    within(bell.deviation, 2, 0.05);
    within(bell.beyond1, 0.3173);
    within(bell.beyond2, 0.0455, 0.01);
    within(bell.third, 0, 0.1);
    const cut = await list(truncatedNormal(random(3), shape, { device, deviation: 0.02 }));
    expect(cut.every((x) => Math.abs(x) <= 0.04 + 1e-8)).toBe(true);
    // the variance of a normal distribution cut at two deviations: 1 − 2·2·φ(2)/(2Φ(2) − 1)
    within(moments(cut).deviation / 0.02, Math.sqrt(1 - (4 * 0.05399096651) / 0.9544997361));
    const coins = bernoulli(random(4), shape, 0.3, { device });
    expect(coins.dtype).toBe("bool");
    within(moments(await list(coins)).mean, 0.3);
    const dice = await list(randomIntegers(random(5), shape, { device, low: -2, high: 4 }));
    expect(new Set(dice)).toEqual(new Set([-2, -1, 0, 1, 2, 3]));
    within(moments(dice).mean, 0.5, 0.05);
  });

  test("neighbouring numbers and neighbouring seeds are not alike", async () => {
    const correlation = (a: readonly number[], b: readonly number[]): number => 12 * (a.reduce((sum, x, i) => sum + (x - 0.5) * (b[i]! - 0.5), 0) / a.length);
    const one = await list(uniform(random(1), [10_000], { device }));
    const two = await list(uniform(random(2), [10_000], { device }));
    within(correlation(one, two), 0, 0.05);
    within(correlation(one.slice(1), one.slice(0, -1)), 0, 0.05);
    within(correlation(one, await list(uniform(random(1).split(0), [10_000], { device }))), 0, 0.05);
  });

  test("dropout drops its share, scales the rest, and drops the same again", async () => {
    const x = ones([100, 100], { device });
    const dropped = await list(dropout(x, 0.25, random(9)));
    expect(new Set(dropped)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    within(dropped.filter((value) => value === 0).length / dropped.length, 0.25);
    expect(await list(dropout(x, 0.25, random(9)))).toEqual(dropped);
    expect(await list(dropout(x, 0.25, random(10)))).not.toEqual(dropped);
    expect(dropout(x, 0, random(9))).toBe(x);
  });
});
