import { causal, slidingWindow } from "@ashlar/mask";
import { bind, fresh, init, normal } from "@ashlar/nn";
import { add, fromData, mul, normal as numbers, random, scoped, sum, type Tensor, valueAndGrad, zeros } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attentionSinks, Cache, emptyCache, fixedCache, growingCache, intervene, multiHeadAttention, tapped, taps } from "../index.ts";
import { alibi } from "../positions/alibi.ts";
import { rotary } from "../positions/rotary.ts";
import { masks } from "../testing/arbitrary.ts";
import { devices } from "../testing/devices.ts";

const [batch, time, dim, heads] = [2, 5, 8, 4];
const initial = normal(0.5);
const shape = { dim, heads, kvHeads: 2, initial };
const layers = {
  rotated: () => multiHeadAttention({ ...shape, position: rotary() }),
  biased: () => multiHeadAttention({ ...shape, position: alibi({ heads }), softcap: 5 }),
  sunk: () => multiHeadAttention({ ...shape, sinks: attentionSinks(heads, { initial }), valueDim: 3, mask: slidingWindow(3) }),
};
const names = ["query", "key", "value", "scores", "weights", "context"] as const;

describe.each(Object.entries(devices))("on %s", (_, make) => {
  test("weights sum to at most 1, are those that make the context, and change nothing by being seen", async () => {
    await using device = await make();
    for (const [name, layer] of Object.entries(layers)) {
      const module = layer();
      const params = init(module as ReturnType<typeof layers.rotated>, fresh(1, { device }));
      const run = bind(module as ReturnType<typeof layers.rotated>, params);
      const x = numbers(random(2), [batch, time, dim], { device });
      await fc.assert(
        fc.asyncProperty(masks(batch, time), async (mask) => {
          const seen = taps(names);
          const watched = run(x, { mask, taps: seen });
          expect(await watched.data(), name).toEqual(await run(x, { mask }).data());
          // the same sums in another order
          const tolerance = { rtol: 1e-4, atol: 1e-5 };
          const weights = await seen.get("weights").data();
          const [value, context] = [await seen.get("value").data(), await seen.get("context").data()];
          const wide = value.length / (batch * time * 2);
          const rebuilt = Float32Array.from(context, (_, at) => {
            const [d, head, query, row] = [
              at % wide,
              Math.floor(at / wide) % heads,
              Math.floor(at / (wide * heads)) % time,
              Math.floor(at / (wide * heads * time)),
            ];
            return Array.from({ length: time }, (_, key) => {
              const weight = weights[((row * heads + head) * time + query) * time + key] as number;
              return weight * (value[((row * time + key) * 2 + Math.floor(head / 2)) * wide + d] as number);
            }).reduce((total, part) => total + part, 0);
          });
          toClose(rebuilt, context, tolerance, name);
          // a weight is 0 exactly where the mask hides
          for (const [at, weight] of weights.entries()) {
            const [key, query, row] = [at % time, Math.floor(at / time) % time, Math.floor(at / (time * time * heads))];
            if (!mask.allows(query, key, row)) expect(weight).toBe(0);
          }
        }),
        { numRuns: 6 },
      );
    }
  });

  test("putting back what was there changes nothing but roundings, in value and gradient, scores and weights included", async () => {
    await using device = await make();
    const module = layers.biased();
    const params = init(module, fresh(1, { device }));
    const x = numbers(random(2), [batch, time, dim], { device });
    const loss = (current: typeof params, same: boolean): Tensor => {
      const interventions = same ? { interventions: intervene({ scores: (v) => add(v, 0), weights: (v) => add(v, 0), context: (v) => add(v, 0) }) } : {};
      const y = bind(module, current)(x, { mask: causal, ...interventions });
      return sum(mul(y, y));
    };
    const [plain, put] = [false, true].map((same) => valueAndGrad(params, (current) => loss(current, same))) as [
      ReturnType<typeof valueAndGrad<typeof params>>,
      ReturnType<typeof valueAndGrad<typeof params>>,
    ];
    toClose(await put.value.data(), await plain.value.data(), { rtol: 1e-5, atol: 1e-5 }, "value");
    for (const name of ["query", "key", "value"] as const)
      toClose(await put.gradients[name].weight.data(), await plain.gradients[name].weight.data(), { rtol: 1e-4, atol: 1e-4 }, name);
  });
});

const device = (await devices.reference?.()) as Awaited<ReturnType<NonNullable<typeof devices.reference>>>;
const module = layers.rotated();
const params = init(module, fresh(1, { device }));
const run = bind(module, params);
const x = numbers(random(2), [batch, time, dim], { device });

test("a head is ablated by its weights: the same as by its context", async () => {
  const without = (size: readonly number[], axis: number) => {
    const shape = size.map((length, index) => (index === axis ? length : 1));
    return fromData(
      Float32Array.from({ length: heads }, (_, head) => (head === 2 ? 0 : 1)),
      shape,
      { device },
    );
  };
  const byWeights = run(x, { mask: causal, interventions: intervene({ weights: (w) => mul(w, without(w.shape, 1)) }) });
  const byContext = run(x, { mask: causal, interventions: intervene({ context: (c) => mul(c, without(c.shape, 2)) }) });
  toClose(await byWeights.data(), await byContext.data(), { rtol: 1e-5, atol: 1e-6 }, "without head 2");
  expect(await byWeights.data()).not.toEqual(await run(x, { mask: causal }).data());
});

test("dropout falls on replaced weights as on the others", async () => {
  const dropping = multiHeadAttention({ ...shape, dropout: 0.5 });
  const bound = bind(dropping, params as never);
  const pass = { mask: causal, random: random(3) };
  const same = bound(x, { ...pass, interventions: intervene({ weights: (w) => add(w, 0) }) });
  toClose(await same.data(), await bound(x, pass).data(), { rtol: 1e-5, atol: 1e-6 }, "dropped");
});

test("with a cache, weights are over all keys so far", async () => {
  const next = numbers(random(4), [batch, 1, dim], { device });
  const watched = ["key", "weights"] as const;
  const found = watched.map((): ArrayLike<number>[] => []);
  for (const kind of [growingCache(), fixedCache({ length: 40 })]) {
    const cache = new Cache(emptyCache, kind);
    run(x, { mask: causal, cache });
    const seen = taps(watched);
    const after = new Cache(cache.state, kind);
    run(next, { mask: causal, cache: after, taps: seen });
    expect(seen.get("weights").shape).toEqual([batch, heads, 1, time + 1]);
    // what was seen stays, though the cache is written over
    run(next, { mask: causal, cache: new Cache(after.state, kind) });
    for (const [index, name] of watched.entries()) found[index]?.push(await seen.get(name).data());
  }
  for (const [growing, fixed] of found) toClose(fixed as ArrayLike<number>, growing as ArrayLike<number>, { rtol: 1e-6, atol: 1e-6 }, "of both kinds");
});

test("what is tapped outlives the scopes it was made in, up to that of its taps, and no longer", async () => {
  const { live } = device.memory();
  let inside: Tensor | undefined;
  const outside = taps(["context"]);
  scoped(() => {
    const seen = taps(["context", "weights"]);
    const { value } = valueAndGrad(params, (current) => scoped(() => sum(bind(module, current)(x, { mask: causal, taps: seen }))));
    inside = seen.get("weights");
    expect(inside.storage.live).toBe(true);
    scoped(() => run(x, { mask: causal, taps: outside }));
    return value.storage.free("the test");
  });
  expect(inside?.storage.live).toBe(false);
  expect(await outside.get("context").data()).toHaveLength(batch * time * dim);
  expect(device.memory().live).toBe(live + 4 * batch * time * dim);
});

test("a gradient for a value on the way: add zeros there, and ask for theirs", async () => {
  const loss = (states: Tensor): Tensor => sum(mul(states, states));
  const { gradients, extra } = valueAndGrad({ shift: zeros([batch, time, heads, 2], { device }) }, ({ shift }) => {
    const seen = taps(["context"]);
    const y = run(x, { mask: causal, taps: seen, interventions: intervene({ context: (c) => add(c, shift) }) });
    return [loss(y), seen.get("context")];
  });
  // by hand: d/dc of |output(c)|² is 2 · output(c) · W
  const { gradients: direct } = valueAndGrad({ c: extra }, ({ c }) => {
    const y = run(x, { mask: causal, interventions: intervene({ context: () => c }) });
    return loss(y);
  });
  toClose(await gradients.shift.data(), await direct.c.data(), { rtol: 1e-5, atol: 1e-6 }, "context");
});

test("a loss may read what is tapped: its gradient is that of the value itself", async () => {
  const penalty = (current: typeof params): Tensor => {
    const seen = taps(["weights"]);
    bind(module, current)(x, { mask: causal, taps: seen });
    return sum(mul(seen.get("weights"), seen.get("weights")));
  };
  const { gradients } = valueAndGrad(params, penalty);
  const found = (await gradients.query.weight.data()) as Float32Array;
  // central differences in float32: 1e-2 apart, errors near 1e-3
  const at = found.reduce((best, value, index) => (Math.abs(value) > Math.abs(found[best] as number) ? index : best), 0);
  const moved = async (by: number): Promise<number> => {
    const weight = Float32Array.from((await params.query.weight.data()) as Float32Array);
    weight[at] = (weight[at] as number) + by;
    return penalty({ ...params, query: { ...params.query, weight: fromData(weight, [dim, dim], { device }).ranked(2) } }).item();
  };
  expect(((await moved(1e-2)) - (await moved(-1e-2))) / 2e-2).toBeCloseTo(found[at] as number, 2);
});

describe("names", () => {
  const pass = { path: "stack.blocks.12" };
  const value = zeros([1], { device });
  const seenBy = (pattern: string): boolean => {
    const seen = taps([pattern]);
    tapped({ ...pass, taps: seen }, value, "attention.weights");
    return seen.names.length > 0;
  };

  test("* is one name, ** any number", () => {
    for (const pattern of ["stack.blocks.12.attention.weights", "stack.blocks.*.attention.weights", "**.weights", "stack.**", "stack.*.*.*.w*"])
      expect(seenBy(pattern), pattern).toBe(true);
    for (const pattern of ["stack.blocks.1.attention.weights", "stack.*.weights", "*.weights", "blocks.**", "stack.blocks.12"])
      expect(seenBy(pattern), pattern).toBe(false);
  });

  test("mistakes are one clear line that names the nearest", () => {
    expect(() => taps([])).toThrow('taps: expected at least one name, such as "stack.blocks.0", got none');
    expect(() => taps(["stack..blocks"])).toThrow('taps: expected names with dots between them, such as "stack.blocks.*", got "stack..blocks"');
    const seen = taps(["wieghts"]);
    expect(() => seen.get("wieghts")).toThrow('taps: nothing was met, so not "wieghts" either; hand the taps and interventions to the model in its call');
    run(x, { mask: causal, taps: seen });
    expect(() => seen.get("wieghts")).toThrow('taps: nothing here is named "wieghts"; the nearest is "weights"');
    expect(() => run(x, { mask: causal, interventions: intervene({ context: (c) => sum(c) }) })).toThrow(
      'intervene: expected float32 [2, 5, 4, 2] in place of "context", got float32 []',
    );
  });

  test("a name that was not asked for is a mistake of types", () => {
    const seen = taps(["stack.blocks.*"]);
    // @ts-expect-error nothing tapped has this name
    expect(() => seen.get("stack.block.3")).toThrow();
    expect(() => seen.all("stack.blocks.*")).toThrow();
  });
});
