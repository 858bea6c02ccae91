// What holds for every attention layer, whatever its mask, positions and heads.
import type { Device } from "@ashlar/backend";
import { and, causal, full, leftPadding, type Mask, padding, slidingWindow } from "@ashlar/mask";
import { bind, fresh, init, layerNorm, normal, rmsNorm } from "@ashlar/nn";
import { concat, fromData, mul, random, scoped, slice, sum, type Tensor, uniformData, valueAndGrad } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  attentionSinks,
  Cache,
  type CacheState,
  crossAttention,
  emptyCache,
  linearScaling,
  multiHeadAttention,
  noPosition,
  type Pass,
  type Position,
  rotary,
  Shared,
  sigmoidGate,
  t5Bias,
  yarn,
} from "./index.ts";
import { masks } from "./testing/arbitrary.ts";
import { devices } from "./testing/devices.ts";

// Two sides that do the same sums in another order: some roundings of 6e-8 in numbers up to 10.
const tolerance = { rtol: 1e-5, atol: 1e-5 };

const [dim, heads, batch] = [12, 4, 2];
const schemes: Readonly<Record<string, Position>> = {
  none: noPosition(),
  rotary: rotary(),
  partial: rotary({ dims: 2, interleaved: true, theta: 100 }),
  stretched: rotary({ dims: 2, scaling: yarn({ factor: 4, original: 4 }) }),
  alibi: alibi({ heads }),
  encoder: t5Bias({ heads, bidirectional: true, buckets: 8, maxDistance: 6, initial: normal(1) }),
  decoder: t5Bias({ heads, bidirectional: false, buckets: 4, maxDistance: 6, initial: normal(1) }),
};
// for rotary: a head of an even width
const headDim = 4;
const initial = normal(0.4);

/** Layers of every kind that a model may hold. */
const layers = fc
  .record({
    scheme: fc.constantFrom(...Object.keys(schemes)),
    kvHeads: fc.constantFrom(1, 2, 4),
    valueDim: fc.constantFrom(3, 4),
    softcap: fc.constantFrom(undefined, 2),
    norm: fc.boolean(),
    sinks: fc.boolean(),
    gates: fc.constantFrom("none", "heads", "numbers"),
    window: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  })
  .map(({ scheme, norm, sinks, gates, softcap, window, ...sizes }) => ({
    scheme,
    layer: multiHeadAttention({
      ...sizes,
      dim,
      heads,
      headDim,
      initial,
      position: schemes[scheme] as Position,
      headNorm: norm ? rmsNorm(headDim) : null,
      sinks: sinks ? attentionSinks(heads, { initial: normal(1) }) : null,
      gate: gates === "none" ? null : sigmoidGate(dim, gates === "heads" ? heads : heads * sizes.valueDim, { initial: normal(1) }),
      ...(softcap === undefined ? {} : { softcap }),
      ...(window === undefined ? {} : { mask: slidingWindow(window) }),
    }),
  }));

const open: Device[] = [];
beforeAll(async () => {
  open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
});
afterAll(async () => {
  for (const device of open) await device[Symbol.asyncDispose]();
});

const states = (name: string, time: number, device: Device, width = dim): Tensor =>
  fromData(
    uniformData(random(3).split(name), batch * time * width).map((value) => 2 * value - 1),
    [batch, time, width],
    { device },
  );

/** Whether a text may be cut before a position: no earlier query sees a key from there on. */
function mayCut(mask: Mask, at: number, time: number): boolean {
  for (let row = 0; row < batch; row++)
    for (let query = 0; query < at; query++) for (let key = at; key < time; key++) if (mask.allows(query, key, row)) return false;
  return true;
}

/** Reads a text in pieces, each beginning with what the one before left. */
function piecewise(run: (x: Tensor, pass: Pass) => Tensor, x: Tensor, cuts: readonly number[], passOf: (start: number, end: number) => Pass): Tensor {
  const time = x.shape[1] as number;
  let state: CacheState = emptyCache;
  const pieces = [0, ...cuts].map((start, index) => {
    const end = cuts[index] ?? time;
    const cache = new Cache(state);
    const piece = run(slice(x, 1, { start, end }), { ...passOf(start, end), cache });
    state = cache.state;
    return piece;
  });
  expect(state.length).toBe(time);
  return concat(pieces, 1);
}

describe("multiHeadAttention", () => {
  test("cached equals uncached, for any mask, position scheme and cut into pieces", async () => {
    const texts = fc.integer({ min: 1, max: 9 }).chain((time) =>
      fc.record({
        time: fc.constant(time),
        mask: fc.oneof(
          masks(batch, time),
          masks(batch, time).map((mask) => and(causal, mask)),
        ),
        wanted: fc.uniqueArray(fc.integer({ min: 1, max: 8 })),
        own: fc.option(fc.array(fc.nat(20), { minLength: batch * time, maxLength: batch * time }), { nil: undefined }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(layers, texts, fc.nat(2), async ({ scheme, layer }, { time, mask, wanted, own }, which) => {
        const device = open[which] as Device;
        const run = bind(layer, init(layer, fresh(1, { device })));
        const x = states("text", time, device);
        const cuts = wanted.filter((at) => at < time && mayCut(mask, at, time)).sort((a, b) => a - b);
        const passOf = (start: number, end: number): Pass => ({
          mask,
          ...(own ? { positions: Int32Array.from([0, 1].flatMap((row) => own.slice(row * time + start, row * time + end))) } : {}),
        });
        const whole = await run(x, passOf(0, time)).data();
        toClose(await piecewise(run, x, cuts, passOf).data(), whole, tolerance, `${scheme}, ${mask.name}, cut at ${cuts}, on ${device.name}`);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  test("rows padded on the left are what they are alone", async () => {
    const pads = [3, 0];
    for (const device of open)
      for (const [name, position] of Object.entries(schemes)) {
        const layer = multiHeadAttention({ dim, heads, headDim, initial, position });
        const run = bind(layer, init(layer, fresh(1, { device })));
        const x = states("text", 6, device);
        const positions = Int32Array.from(pads.flatMap((pad) => Array.from({ length: 6 }, (_, index) => Math.max(0, index - pad))));
        const padded = run(x, { mask: and(causal, leftPadding(pads)), positions });
        const alone = run(slice(slice(x, 0, { end: 1 }), 1, { start: 3 }), { mask: causal });
        toClose(await slice(slice(padded, 0, { end: 1 }), 1, { start: 3 }).data(), await alone.data(), tolerance, `${name} on ${device.name}`);
      }
  });

  test("where a piece of a text stands does not matter to schemes by distance", async () => {
    for (const device of open)
      for (const [name, position] of Object.entries(schemes)) {
        const layer = multiHeadAttention({ dim, heads, headDim, initial, position });
        const run = bind(layer, init(layer, fresh(1, { device })));
        const x = states("text", 5, device);
        // rotations by angles of some radians more: cos and sin in float32 differ by 6e-8 of the angle
        toClose(
          await run(x, { mask: causal, start: 40 }).data(),
          await run(x, { mask: causal }).data(),
          { rtol: 1e-4, atol: 2e-5 },
          `${name} on ${device.name}`,
        );
      }
  });

  test("a layer's own mask meets the pass's", async () => {
    for (const device of open) {
      const [narrow, wide] = [multiHeadAttention({ dim, heads, mask: slidingWindow(2) }), multiHeadAttention({ dim, heads })];
      const params = init(narrow, fresh(1, { device }));
      const x = states("text", 6, device);
      const together = bind(wide, params)(x, { mask: and(causal, padding([4, 6]), slidingWindow(2)) });
      toClose(await bind(narrow, params)(x, { mask: and(causal, padding([4, 6])) }).data(), await together.data(), tolerance, device.name);
    }
  });

  test("queries and keys have norms of their own", async () => {
    const layer = multiHeadAttention({ dim, heads, headNorm: layerNorm(3) });
    const params = init(layer, fresh(1, { device: open[0] as Device }));
    expect(Object.keys(params.queryNorm)).toEqual(["weight", "bias"]);
    expect(params.queryNorm.weight).not.toBe(params.keyNorm.weight);
    // normalised heads don't care how large the projections are
    const run = (factor: number) => {
      const query = { weight: mul(params.query.weight, factor).ranked(2), bias: params.query.bias };
      return bind(layer, { ...params, query })(states("text", 4, open[0] as Device), { mask: full });
    };
    toClose(await run(1000).data(), await run(5000).data(), { rtol: 1e-3, atol: 1e-5 }, "norm");
  });

  test("weights drop with random numbers only, alike on every device, by the layer's path", async () => {
    const layer = multiHeadAttention({ dim, heads, dropout: 0.5, initial });
    const outputs = await Promise.all(
      open.map(async (device) => {
        const run = bind(layer, init(layer, fresh(1, { device })));
        const x = states("text", 5, device);
        const read = async (pass: Partial<Pass>) => Array.from(await run(x, { mask: causal, ...pass }).data());
        return {
          kept: await read({}),
          one: await read({ random: random(1), path: "one" }),
          again: await read({ random: random(1), path: "one" }),
          two: await read({ random: random(1), path: "two" }),
        };
      }),
    );
    for (const { kept, one, again, two } of outputs) {
      expect(one).toEqual(again);
      expect(one).not.toEqual(two);
      expect(one).not.toEqual(kept);
      toClose(one, outputs[0]!.one, tolerance, "another device");
    }
  });

  test("dropped weights keep their mean", async () => {
    // the first head's context of equal values is the sum of its weights: 1 on average; the mean of 2,100 sums of 30 weights deviates by 0.003
    const device = open[0] as Device;
    const layer = multiHeadAttention({ dim: 1, heads: 1, dropout: 0.4, bias: false });
    const one = fromData(Float32Array.of(1), [1, 1], { device });
    const run = bind(layer, { ...init(layer, fresh(1, { device })), value: { weight: one, bias: null }, output: { weight: one, bias: null } });
    const ones = fromData(new Float32Array(60).fill(1), [2, 30, 1], { device });
    let total = 0;
    for (let draw = 0; draw < 35; draw++) for (const value of await run(ones, { mask: full, random: random(draw) }).data()) total += value / (35 * 60);
    expect(Math.abs(total - 1)).toBeLessThan(0.02);
  });

  test("one call compiles a mask once and makes angles once for all layers", () => {
    const device = open[0] as Device;
    const shared = new Shared(device);
    const layer = multiHeadAttention({ dim, heads, headDim, position: rotary() });
    const run = bind(layer, init(layer, fresh(1, { device })));
    const x = states("text", 4, device);
    const buffersOf = () => {
      const before = device.memory().buffers;
      run(x, { mask: causal, shared });
      return device.memory().buffers - before;
    };
    // the first call makes blocks, tiles, cos and sin besides
    expect(buffersOf() - buffersOf()).toBe(4);
  });

  test("what shares a call but not its positions or its stretch has angles of its own", async () => {
    // an encoder and a decoder of one length in one call
    const device = open[0] as Device;
    const shared = new Shared(device);
    const x = states("text", 4, device);
    for (const scaling of [undefined, linearScaling({ factor: 2 }), linearScaling({ factor: 3 })])
      for (const positions of [undefined, Int32Array.of(0, 1, 0, 1), Int32Array.of(5, 6, 9, 12)]) {
        const layer = multiHeadAttention({ dim, heads, headDim, initial, position: rotary(scaling ? { scaling } : {}) });
        const run = bind(layer, init(layer, fresh(1, { device })));
        const pass = { mask: causal, ...(positions ? { positions } : {}) };
        toClose(await run(x, { ...pass, shared }).data(), await run(x, pass).data(), { rtol: 0, atol: 0 }, "shared");
      }
  });

  test("a step leaves nothing behind", () => {
    for (const device of open) {
      const parts = { position: rotary(), sinks: attentionSinks(heads), headNorm: rmsNorm(headDim), gate: sigmoidGate(dim, heads) };
      const layer = multiHeadAttention({ dim, heads, headDim, dropout: 0.1, ...parts });
      const params = init(layer, fresh(1, { device }));
      const x = states("text", 4, device);
      const before = device.memory().live;
      for (const pass of [{ mask: causal }, { mask: causal, random: random(1) }])
        scoped(() => void valueAndGrad(params, (params) => sum(bind(layer, params)(x, pass))));
      expect(device.memory().live).toBe(before);
    }
  });
});

describe("crossAttention", () => {
  const memoryDim = 10;
  const build = (device: Device, position: Position | null) => {
    const layer = crossAttention({ dim, heads, headDim, kvHeads: 2, memoryDim, position, initial });
    return bind(layer, init(layer, fresh(1, { device })));
  };

  test("cached equals uncached, position by position", async () => {
    for (const device of open)
      for (const position of [null, rotary(), alibi({ heads })]) {
        const run = build(device, position);
        const memory = { states: states("memory", 7, device, memoryDim), mask: padding([7, 4]) };
        const x = states("text", 5, device);
        // self-attention counts the positions that cross-attention goes by
        const self = multiHeadAttention({ dim, heads });
        const other = bind(self, init(self, fresh(2, { device })));
        const both = (x: Tensor, pass: Pass): Tensor => {
          other(x, { ...pass, path: "self" });
          return run(x, { ...pass, memory, path: "cross" });
        };
        const whole = await run(x, { mask: causal, memory }).data();
        toClose(await piecewise(both, x, [1, 2, 4], () => ({ mask: causal })).data(), whole, tolerance, device.name);
      }
  });

  test("keys and values of the memory are computed once", async () => {
    const device = open[2] as Device;
    const run = build(device, null);
    const memory = { states: states("memory", 7, device, memoryDim), mask: full };
    const first = new Cache(emptyCache);
    run(states("text", 1, device), { mask: causal, memory, cache: first, path: "cross" });
    const second = new Cache(first.state);
    const changed = { ...memory, states: states("other", 7, device, memoryDim) };
    const cached = await run(states("text", 1, device), { mask: causal, memory: changed, cache: second, path: "cross" }).data();
    expect(second.state.once.cross!.key).toBe(first.state.once.cross!.key);
    expect(cached).toEqual(await run(states("text", 1, device), { mask: causal, memory, path: "cross" }).data());
  });

  test("what pads the memory plays no part", async () => {
    for (const device of open) {
      const run = build(device, null);
      const memory = states("memory", 7, device, memoryDim);
      const x = states("text", 3, device);
      const padded = run(x, { mask: causal, memory: { states: memory, mask: padding([4, 4]) } });
      const short = run(x, { mask: causal, memory: { states: slice(memory, 1, { end: 4 }), mask: full } });
      toClose(await padded.data(), await short.data(), tolerance, device.name);
    }
  });

  test("a memory has positions of its own", async () => {
    const device = open[0] as Device;
    const run = build(device, rotary());
    const memory = states("memory", 6, device, memoryDim);
    const x = states("text", 3, device);
    const pads = [2, 2];
    const positions = Int32Array.from([0, 0, 0, 1, 2, 3]);
    const padded = run(x, { mask: causal, memory: { states: memory, mask: leftPadding(pads), positions } });
    const short = run(x, { mask: causal, memory: { states: slice(memory, 1, { start: 2 }), mask: full } });
    toClose(await padded.data(), await short.data(), tolerance, "positions");
  });
});

describe("Cache", () => {
  test("one state is continued twice: nothing is written over", async () => {
    for (const device of open) {
      const layer = multiHeadAttention({ dim, heads, headDim, position: rotary() });
      const run = bind(layer, init(layer, fresh(1, { device })));
      const prompt = new Cache(emptyCache);
      run(states("text", 4, device), { mask: causal, cache: prompt });
      const next = async (name: string) => Array.from(await run(states(name, 2, device), { mask: causal, cache: new Cache(prompt.state) }).data());
      const first = await next("one way");
      await next("another");
      expect(await next("one way")).toEqual(first);
      expect(prompt.state.length).toBe(4);
    }
  });
});
