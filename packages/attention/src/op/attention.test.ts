// The fused kernels, the compositions and the formula itself give the same numbers, forward and backward.
import { type Device, elementCount } from "@ashlar/backend";
import { causal, full, where } from "@ashlar/mask";
import { fromData, mul, random, repeat, scoped, slice, sum, type Tensor, uniformData, valueAndGrad, zeros } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AttentionOptions, scaledDotProductAttention } from "../index.ts";
import { masks } from "../testing/arbitrary.ts";
import { devices } from "../testing/devices.ts";
import { naiveAttention, type Problem } from "../testing/naive.ts";

// Dot products of up to 9 float32 numbers of about 1 and sums over up to 70 keys: a few roundings of 6e-8 each, times numbers up to 10.
const forward = { rtol: 1e-5, atol: 1e-5 };
// The gradients are sums over up to 70 queries × 4 heads of products of those.
const backward = { rtol: 1e-4, atol: 1e-4 };

const open: Device[] = [];
let [plain, composed, fast] = [] as Device[];
beforeAll(async () => {
  open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
  [plain, composed, fast] = open;
});
afterAll(async () => {
  for (const device of open) await device[Symbol.asyncDispose]();
});

/** Numbers in [−1.5, 1.5) by name. */
const drawn = (name: string, count: number): Float32Array => uniformData(random(11).split(name), count).map((value) => 3 * value - 1.5);

type Biased = "none" | "by distance" | "shared by heads" | "every pair" | "every pair of a row" | "every key";
type Four = readonly [number, number, number, number];

interface Given extends Problem {
  readonly biased: Biased;
  readonly rate: number;
}

/** A problem: sizes, a mask, and which of the terms take part. */
const problems: fc.Arbitrary<Given> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    queries: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(1, 33, 70)),
    before: fc.nat(3),
    kvHeads: fc.integer({ min: 1, max: 2 }),
    group: fc.integer({ min: 1, max: 2 }),
    headDim: fc.integer({ min: 1, max: 9 }),
    valueDim: fc.integer({ min: 1, max: 9 }),
    softcap: fc.option(fc.constantFrom(0.7, 3), { nil: undefined }),
    scale: fc.constantFrom(0.3, 1),
    biased: fc.constantFrom<Biased>("none", "by distance", "shared by heads", "every pair", "every pair of a row", "every key"),
    sinks: fc.boolean(),
    rate: fc.constantFrom(0, 0, 0.4),
  })
  .chain(({ before, group, kvHeads, sinks, ...rest }) => {
    const [keys, heads] = [rest.queries + before, kvHeads * group];
    return masks(rest.batch, keys).map((mask): Given => {
      const sizes = { ...rest, keys, heads, kvHeads, mask, start: before };
      return {
        ...sizes,
        sinks: sinks ? drawn("sinks", heads) : undefined,
        bias: biasOf(sizes),
        kept: keptOf(sizes),
      };
    });
  });

const firstDistance = -4;
const distances = 7; // distances beyond take the nearest column

/** The shapes of biases for every pair, [1 or batch, 1 or heads, 1 or queries, 1 or keys]. */
function pairsShape({ biased, batch, heads, queries, keys }: Pick<Given, "biased" | "batch" | "heads" | "queries" | "keys">): Four | undefined {
  if (biased === "every pair") return [1, heads, queries, keys];
  if (biased === "every pair of a row") return [batch, 1, queries, keys];
  return biased === "every key" ? [batch, heads, 1, keys] : undefined;
}

/** Reads one of those. */
function pairsOf(table: ArrayLike<number>, shape: Four, start: number): Problem["bias"] {
  return (row, head, query, key) => {
    const place = [row, head, query - start, key].reduce((at, index, axis) => at * (shape[axis] as number) + (shape[axis] === 1 ? 0 : index), 0);
    return table[place] as number;
  };
}

function biasOf({ biased, start, ...sizes }: Pick<Given, "biased" | "batch" | "heads" | "queries" | "keys" | "start">): Problem["bias"] {
  if (biased === "none") return () => 0;
  const { heads } = sizes;
  const shape = pairsShape({ biased, ...sizes });
  if (shape) return pairsOf(drawn("pairs", elementCount(shape)), shape, start);
  const table = drawn("table", heads * distances);
  const column = (distance: number) => Math.min(distances - 1, Math.max(0, distance - firstDistance));
  return (_, head, query, key) => table[(biased === "shared by heads" ? 0 : head * distances) + column(key - query)] as number;
}

const dropSource = random(5);
function keptOf({ rate, batch, heads, queries, keys }: Pick<Given, "rate" | "batch" | "heads" | "queries" | "keys">): Problem["kept"] {
  if (rate === 0) return () => 1;
  const numbers = uniformData(dropSource, batch * heads * queries * keys);
  return (place) => ((numbers[place] as number) < rate ? 0 : 1 / (1 - rate));
}

/** What attention reads, by name; what takes part in the gradient. */
function hostInputs(given: Given): Record<string, [Float32Array, readonly number[]]> {
  const { batch, queries, keys, heads, kvHeads, headDim, valueDim, biased, sinks } = given;
  const array = (name: string, shape: readonly number[]): [Float32Array, readonly number[]] => [drawn(name, elementCount(shape)), shape];
  const pairs = pairsShape(given);
  return {
    query: array("query", [batch, queries, heads, headDim]),
    key: array("key", [batch, keys, kvHeads, headDim]),
    value: array("value", [batch, keys, kvHeads, valueDim]),
    ...(biased === "by distance" ? { table: array("table", [heads, distances]) } : {}),
    ...(biased === "shared by heads" ? { table: array("table", [1, distances]) } : {}),
    ...(pairs ? { pairs: array("pairs", pairs) } : {}),
    ...(sinks ? { sinks: [Float32Array.from(sinks), [heads]] } : {}),
  };
}

interface Found {
  readonly context: Float64Array;
  readonly gradients: Readonly<Record<string, Float64Array>>;
}

async function run(device: Device, given: Given, cotangent: Float32Array): Promise<Found> {
  const { batch, queries, heads, valueDim, mask, start, scale, softcap, rate } = given;
  const inputs = Object.fromEntries(Object.entries(hostInputs(given)).map(([name, [data, shape]]) => [name, fromData(data, shape, { device })]));
  const { extra, gradients } = valueAndGrad(inputs, ({ query, key, value, table, pairs, sinks }) => {
    const options: AttentionOptions = {
      mask,
      start,
      scale,
      ...(softcap === undefined ? {} : { softcap }),
      ...(table ? { bias: { table, firstDistance } } : pairs ? { bias: pairs } : {}),
      ...(sinks ? { sinks } : {}),
      ...(rate > 0 ? { dropout: { rate, random: dropSource } } : {}),
    };
    const context = scaledDotProductAttention(query as Tensor, key as Tensor, value as Tensor, options);
    return [sum(mul(context, fromData(cotangent, [batch, queries, heads, valueDim], { device }))), context] as const;
  });
  const read = async (tensor: Tensor): Promise<Float64Array> => Float64Array.from(await tensor.data());
  return {
    context: await read(extra),
    gradients: Object.fromEntries(await Promise.all(Object.entries(gradients).map(async ([name, tensor]) => [name, await read(tensor as Tensor)] as const))),
  };
}

/** The derivative of `Σ context · cotangent` along directions, out of the formula in float64 by central differences. */
function naiveSlopes(given: Given, cotangent: Float32Array): Record<string, [direction: Float32Array, slope: number]> {
  const inputs = hostInputs(given);
  const value = (name: string, moved: Float64Array): number => {
    const heads = Object.fromEntries(Object.entries(inputs).map(([other, [data]]) => [other, other === name ? moved : data])) as never;
    const own: Given = {
      ...given,
      ...(name === "sinks" ? { sinks: moved } : {}),
      ...(name === "pairs" ? { bias: pairsOf(moved, pairsShape(given) as Four, given.start) } : {}),
      ...(name === "table"
        ? {
            bias: (_: number, head, query, key) => {
              const column = Math.min(distances - 1, Math.max(0, key - query - firstDistance));
              return moved[(given.biased === "shared by heads" ? 0 : head * distances) + column] as number;
            },
          }
        : {}),
    };
    return naiveAttention(own, heads).reduce((total, element, index) => total + element * (cotangent[index] as number), 0);
  };
  const step = 1e-5;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, [data]]) => {
      const direction = drawn(`direction ${name}`, data.length);
      const along = (by: number) =>
        value(
          name,
          Float64Array.from(data, (element, index) => element + by * (direction[index] as number)),
        );
      return [name, [direction, (along(step) - along(-step)) / (2 * step)]];
    }),
  );
}

describe("attention", () => {
  test("fused equals composed equals the formula, forward and gradient", async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (given) => {
        const { batch, queries, heads, valueDim } = given;
        const cotangent = drawn("cotangent", batch * queries * heads * valueDim);
        const [reference, whole, tiled] = [await run(plain!, given, cotangent), await run(composed!, given, cotangent), await run(fast!, given, cotangent)];
        const inputs = hostInputs(given);
        const expected = naiveAttention(given, { query: inputs.query![0], key: inputs.key![0], value: inputs.value![0] });
        const slopes = naiveSlopes(given, cotangent);
        for (const [name, found] of Object.entries({ reference, composed: whole, wasm: tiled })) {
          toClose(found.context, expected, forward, `${name} ${given.mask.name}`);
          for (const [input, gradient] of Object.entries(found.gradients)) {
            toClose(gradient, reference.gradients[input], backward, `${name} ${given.mask.name} gradient of ${input}`);
            const [direction, slope] = slopes[input]!;
            const along = gradient.reduce((total, element, index) => total + element * (direction[index] as number), 0);
            // the direction sums up to some hundreds of elements
            toClose([along], [slope], { rtol: 1e-4, atol: 2e-3 }, `${name} ${given.mask.name} slope of ${input}`);
          }
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test("a query that sees nothing gives zeros, and passes no gradient", async () => {
    const shape = { batch: 2, queries: 4, keys: 4, heads: 2, kvHeads: 1, headDim: 3, valueDim: 2, start: 0, scale: 1, softcap: 2 } as const;
    // in row 0 query 2 sees nothing; in row 1 nobody does
    const mask = where((query, key, row) => row === 0 && query !== 2 && key <= query);
    // also where a sink is none: −Infinity, like the log-sum-exp of nothing
    for (const device of open)
      for (const biased of ["by distance", "every pair"] as const)
        for (const [rate, sinks] of [
          [0, drawn("sinks", 2)],
          [0.3, drawn("sinks", 2)],
          [0, Float32Array.of(Number.NEGATIVE_INFINITY, 0.3)],
        ] as const) {
          const given: Given = { ...shape, mask, biased, rate, sinks, bias: () => 0, kept: () => 1 };
          const { context, gradients } = await run(device, given, drawn("cotangent", 2 * 4 * 2 * 2));
          const empty = [...context.slice(8, 12), ...context.slice(16)];
          expect(empty.every((value) => value === 0)).toBe(true);
          expect([...gradients.query!.slice(12, 18), ...gradients.query!.slice(24)].every((value) => value === 0)).toBe(true);
          expect([...gradients.key!.slice(12), ...gradients.value!.slice(8)].every((value) => value === 0)).toBe(true);
          expect(Object.values(gradients).every((values) => values.every(Number.isFinite))).toBe(true);
        }
  });

  test("a bias of −Infinity hides like a mask", async () => {
    const hidden = where((query, key) => (query + key) % 3 !== 0);
    for (const device of open) {
      const [query, key, value] = ["query", "key", "value"].map((name) => fromData(drawn(name, 2 * 6 * 2 * 4), [2, 6, 2, 4], { device })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const table = Float32Array.from({ length: 36 }, (_, pair) => (hidden.allows(Math.floor(pair / 6), pair % 6, 0) ? 0 : Number.NEGATIVE_INFINITY));
      const bias = fromData(table, [1, 1, 6, 6], { device });
      const masked = scaledDotProductAttention(query, key, value, { mask: hidden });
      toClose(await scaledDotProductAttention(query, key, value, { mask: full, bias }).data(), await masked.data(), forward, device.name);
    }
  });

  test("grouped heads equal repeated keys", async () => {
    for (const device of open)
      for (const kvHeads of [1, 2, 6]) {
        const array = (name: string, heads: number, dim: number): Tensor => fromData(drawn(name, 2 * 5 * heads * dim), [2, 5, heads, dim], { device });
        const inputs = { query: array("query", 6, 4), key: array("key", kvHeads, 4), value: array("value", kvHeads, 3) };
        const found = (spread: (x: Tensor) => Tensor) =>
          valueAndGrad(inputs, ({ query, key, value }) => {
            const context = scaledDotProductAttention(query, spread(key), spread(value), { mask: causal });
            return [sum(mul(context, context)), context] as const;
          });
        const [grouped, repeated] = [found((x) => x), found((x) => repeat(x, 6 / kvHeads, 2))];
        toClose(await grouped.extra.data(), await repeated.extra.data(), forward, "context");
        for (const name of ["query", "key", "value"] as const)
          toClose(await grouped.gradients[name].data(), await repeated.gradients[name].data(), backward, `gradient of ${name}`);
      }
  });

  test("a gradient has a gradient", async () => {
    // d/dx of |∇ f(x)|² along a direction, against a difference of |∇ f|²; in float32, so a step of 1e-2 and a tolerance of its square
    for (const device of open) {
      const [query, key, value] = ["query", "key", "value"].map((name) => fromData(drawn(name, 5 * 2 * 3), [1, 5, 2, 3], { device })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const squared = (x: Tensor): Tensor => {
        const { gradients } = valueAndGrad({ x }, ({ x }) => sum(mul(scaledDotProductAttention(x, key, value, { mask: causal }), value)));
        return sum(mul(gradients.x, gradients.x));
      };
      const { gradients } = valueAndGrad({ query }, ({ query }) => squared(query));
      const direction = fromData(drawn("direction", 30), [1, 5, 2, 3], { device });
      const at = async (step: number) =>
        await squared(
          fromData(
            Float32Array.from(await query.data(), (v, i) => v + step * (drawn("direction", 30)[i] as number)),
            [1, 5, 2, 3],
            { device },
          ),
        ).item();
      const slope = ((await at(0.01)) - (await at(-0.01))) / 0.02;
      toClose([await sum(mul(gradients.query, direction)).item()], [slope], { rtol: 2e-3, atol: 1e-4 }, device.name);
    }
  });

  test("keys elsewhere: a mask is asked about absolute positions", async () => {
    // the last 3 queries over the last 4 keys of 10, as a cache has them that dropped its first
    for (const device of open) {
      const [query, key, value] = ["query", "key", "value"].map((name) => fromData(drawn(name, 10 * 2 * 4), [1, 10, 2, 4], { device })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const tail = (x: Tensor, from: number): Tensor => slice(x, 1, { start: from });
      const window = where((query, key) => key <= query && query - key < 2);
      const whole = await scaledDotProductAttention(query, key, value, { mask: window }).data();
      const part = scaledDotProductAttention(tail(query, 7), tail(key, 6), tail(value, 6), { mask: window, start: 7, keyStart: 6 });
      toClose(await part.data(), whole.slice(7 * 8), forward, device.name);
    }
  });

  test("memory grows with the length, not with its square: with sinks, dropped weights and a bias that is given", () => {
    const device = fast as Device;
    const [heads, dim] = [2, 8];
    /** The most that a step takes beside what it is given, in numbers for each position. */
    const peakOf = (time: number, wanted: "dropout" | "pairs" | "their gradient"): number => {
      const [query, key, value] = ["query", "key", "value"].map((name) => fromData(drawn(name, time * heads * dim), [1, time, heads, dim], { device })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const sinks = zeros([heads], { device });
      const bias = wanted === "dropout" ? undefined : zeros([1, 1, time, time], { device });
      const before = device.memory().live;
      device.resetPeak();
      scoped(() => {
        const followed = { query, key, value, sinks, ...(wanted === "their gradient" && bias ? { bias } : {}) };
        const options = { mask: causal, dropout: { rate: 0.2, random: dropSource } };
        valueAndGrad(followed, ({ query, key, value, sinks, bias: own = bias }: Record<string, Tensor>) =>
          sum(
            scaledDotProductAttention(query as Tensor, key as Tensor, value as Tensor, { ...options, sinks: sinks as Tensor, ...(own ? { bias: own } : {}) }),
          ),
        );
      });
      return (device.memory().peak - before) / time / 4;
    };
    for (const wanted of ["dropout", "pairs"] as const) {
      const [short, long] = [peakOf(256, wanted), peakOf(1024, wanted)];
      // inputs, their gradients, contexts and what the sinks' share takes: a dozen arrays of heads · dim numbers a position
      expect(long, wanted).toBeLessThan(15 * heads * dim);
      expect(long / short, wanted).toBeLessThan(1.05);
    }
    // one array of the bias's size, [1, 1, time, time], and no second
    const [without, withGradient] = [peakOf(1024, "pairs"), peakOf(1024, "their gradient")];
    expect(withGradient - without).toBeGreaterThan(1024 * 0.99);
    expect(withGradient - without).toBeLessThan(1024 * 1.01);
  });

  test("a step leaves nothing behind", () => {
    for (const device of open) {
      const [query, key, value] = ["query", "key", "value"].map((name) => fromData(drawn(name, 2 * 6 * 2 * 4), [2, 6, 2, 4], { device })) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const sinks = zeros([2], { device });
      const before = device.memory().live;
      scoped(() => {
        const random = dropSource;
        for (const dropout of [{}, { dropout: { rate: 0.5, random } }])
          valueAndGrad({ query, sinks }, ({ query, sinks }) => sum(scaledDotProductAttention(query, key, value, { mask: causal, sinks, ...dropout })));
        expect(device.memory().live).toBeGreaterThan(before);
      });
      expect(device.memory().live).toBe(before);
    }
  });
});
