import type { Device, KernelSettings } from "@ashlar/backend";
import { reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HostOperand, Layout } from "../testing/compare.ts";
import { numbers, runOn, view, worst } from "../testing/compare.ts";
import { wasm } from "../wasm.ts";

// float32 products, exponentials to 2⁻²², sums over all keys, against float64: some units in the last place of numbers below 10
const tolerance = { absolute: 1e-5, relative: 1e-5 };

/** A table whose blocks are skipped, full or random tiles; rows of random tiles may see nothing. */
function table(sizes: { batch: number; queries: number; keys: number; blockQueries: number; blockKeys: number }, seed: number): [HostOperand, HostOperand] {
  const next = numbers(seed);
  const queryBlocks = Math.ceil(sizes.queries / sizes.blockQueries);
  const keyBlocks = Math.ceil(sizes.keys / sizes.blockKeys);
  const rows = next() > 0 ? 1 : sizes.batch;
  const tiles = 3;
  const words = sizes.blockKeys / 32;
  const blocks = Int32Array.from({ length: rows * queryBlocks * keyBlocks }, () => Math.floor((next() + 1) * 2.49));
  const bits = Int32Array.from({ length: tiles * sizes.blockQueries * words }, () => (next() > 0.6 ? 0 : next() * 2 ** 31));
  return [
    { data: blocks, shape: [rows, queryBlocks, keyBlocks], strides: [queryBlocks * keyBlocks, keyBlocks, 1], offset: 0, dtype: "int32" },
    { data: bits, shape: [tiles, sizes.blockQueries, words], strides: [sizes.blockQueries * words, words, 1], offset: 0, dtype: "int32" },
  ];
}

const layout = fc.array(fc.constantFrom<Layout>("plain", "plain", "moved", "repeated"), { minLength: 4, maxLength: 4 });
const call = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  queries: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 150 })),
  keys: fc.integer({ min: 1, max: 200 }),
  kvHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 3 }),
  dim: fc.integer({ min: 1, max: 20 }),
  valueDim: fc.integer({ min: 1, max: 20 }),
  blockQueries: fc.constantFrom(5, 32, 64, 100),
  blockKeys: fc.constantFrom(32, 64, 160, 256),
  softcap: fc.option(fc.constantFrom(0.5, 3), { nil: undefined }),
  bias: fc.option(fc.record({ shared: fc.boolean(), distances: fc.integer({ min: 1, max: 40 }), firstDistance: fc.integer({ min: -30, max: 5 }) }), {
    nil: undefined,
  }),
  pairs: fc.option(
    fc.record({
      rows: fc.boolean(),
      heads: fc.boolean(),
      layout: fc.array(fc.constantFrom<Layout>("plain", "moved", "flipped", "gaps", "repeated"), { minLength: 4, maxLength: 4 }),
    }),
    {
      nil: undefined,
    },
  ),
  dropout: fc.option(fc.constantFrom(0.1, 0.5, 0.9), { nil: undefined }),
  queryOffset: fc.integer({ min: -5, max: 60 }),
  layouts: fc.array(layout, { minLength: 3, maxLength: 3 }),
  seed: fc.integer(),
});

describe.each(["relaxed", "plain"] as const)("attention, %s SIMD, against the reference", (simd) => {
  let device: Device;
  const plain = reference();
  beforeAll(async () => {
    device = await wasm({ simd });
  });
  afterAll(async () => {
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
    await device[Symbol.asyncDispose]();
  });

  test("attention and its gradient: any sizes, masks, groups, biases, caps, dropped weights and strides", async () => {
    await fc.assert(
      fc.asyncProperty(call, async ({ batch, queries, keys, kvHeads, group, dim, valueDim, softcap, bias, pairs, dropout, layouts, seed, ...rest }) => {
        const heads = kvHeads * group;
        const { blockQueries, blockKeys, queryOffset } = rest;
        const settings: KernelSettings["attention"] = {
          blockQueries,
          blockKeys,
          ...(softcap !== undefined && { softcap }),
          ...(bias && { bias: { firstDistance: bias.firstDistance } }),
          ...(pairs && { pairs: true }),
          ...(dropout && { dropout: true }),
        };
        const scalars = [0.7, queryOffset, ...(dropout ? [dropout, seed >>> 0, 0xfffffff0] : [])];
        const operands = [
          view([batch, queries, heads, dim], { seed, layout: layouts[0]! }),
          view([batch, keys, kvHeads, dim], { seed: seed + 1, layout: layouts[1]! }),
          view([batch, keys, kvHeads, valueDim], { seed: seed + 2, layout: layouts[2]! }),
          ...table({ batch, queries, keys, blockQueries, blockKeys }, seed),
          ...(bias ? [view([bias.shared ? 1 : heads, bias.distances], { seed: seed + 3 })] : []),
          ...(pairs ? [view([pairs.rows ? batch : 1, pairs.heads ? heads : 1, queries, keys], { seed: seed + 5, layout: pairs.layout })] : []),
        ];
        const context = [batch, queries, heads, valueDim];
        const forward = {
          kernel: "attention",
          settings,
          operands,
          scalars,
          outputs: [
            { shape: context, dtype: "float32" },
            { shape: [batch, heads, queries], dtype: "float32" },
          ],
        } as const;
        const expected = await runOn(plain, forward);
        const got = await runOn(device, forward);
        const bound = { ...tolerance, absolute: tolerance.absolute / (1 - (dropout ?? 0)) };
        for (const [index, values] of got.entries()) expect(worst(values, expected[index]!, bound), `output ${index}`).toBeLessThanOrEqual(1);

        const given = (data: Float32Array, shape: readonly number[]): HostOperand => ({ ...view(shape, { seed }), data, offset: 0 });
        const backward = {
          kernel: "attentionGradient",
          settings: { ...settings, ...(pairs && { ofPairs: true }) },
          operands: [
            view(context, { seed: seed + 4, layout: layouts[0]! }),
            given(expected[0] as Float32Array, context),
            given(expected[1] as Float32Array, [batch, heads, queries]),
            ...operands,
          ],
          scalars,
          outputs: [0, 1, 2, ...(bias ? [5] : []), ...(pairs ? [operands.length - 1] : [])].map((index) => ({
            shape: operands[index]!.shape,
            dtype: "float32" as const,
          })),
        } as const;
        const gradients = await runOn(plain, backward);
        const came = await runOn(device, backward);
        // Each query's part of a gradient is exact to some 2⁻²⁴ of its agreement, at most valueDim; a sum over queries (for the bias over
        // all heads and rows too) adds those errors up, and repeated queries repeat theirs.
        const summed = [8, queries * group, queries * group, ...(bias ? [batch * heads * queries] : []), ...(pairs ? [batch * heads] : [])];
        const grown = 1 / (1 - (dropout ?? 0)); // by what dropout multiplies the agreement
        for (const [index, values] of came.entries()) {
          const bound = { absolute: grown * (2e-5 + summed[index]! * valueDim * 2 ** -24), relative: 2e-5 };
          expect(worst(values, gradients[index]!, bound), `gradient ${index}`).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("weights beyond the 2³³rd of a call drop alike: their counters have more than 32 bits", async () => {
    // 94,216 queries and keys in blocks of 4,096, of which only the last shows: 8 × 8 weights from place 94,208 · 94,216 on
    const block = 4096;
    const time = 23 * block + 8;
    const blocks = new Int32Array(24 * 24);
    blocks[24 * 24 - 1] = 1;
    const plainTiles = { data: new Int32Array((block * block) / 32), shape: [1, block, block / 32], strides: [(block * block) / 32, block / 32, 1], offset: 0 };
    const x = (seed: number): HostOperand => view([1, time, 1, 2], { seed });
    const found = async (on: Device): Promise<number[]> => {
      const [context] = await runOn(on, {
        kernel: "attention",
        settings: { blockQueries: block, blockKeys: block, dropout: true },
        operands: [x(1), x(2), x(3), { data: blocks, shape: [1, 24, 24], strides: [576, 24, 1], offset: 0, dtype: "int32" }, { ...plainTiles, dtype: "int32" }],
        scalars: [1, 0, 0.5, 5, 6],
        outputs: [
          { shape: [1, time, 1, 2], dtype: "float32" },
          { shape: [1, 1, time], dtype: "float32" },
        ],
      });
      return Array.from(context!.subarray(-16));
    };
    expect(time * (time - 8)).toBeGreaterThan(2 ** 33);
    const [got, expected] = [await found(device), await found(plain)];
    expect(worst(Float32Array.from(got), Float32Array.from(expected), tolerance)).toBeLessThanOrEqual(1);
    expect(new Set(expected).size).toBeGreaterThan(8);
  });
});
