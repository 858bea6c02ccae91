// Gated attention against the formula in float64, one number at a time, and its gradient against differences of that formula.
import { reference } from "@ashlar/backend";
import { causal, type Mask } from "@ashlar/mask";
import { bind, define, fresh, init, linear, normal } from "@ashlar/nn";
import { fromData, mul, normal as numbers, paths, random, silu, sum, type Tensor, valueAndGrad } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cache, crossAttention, emptyCache, fixedCache, intervene, multiHeadAttention, sigmoidGate, taps } from "./index.ts";
import { masks } from "./testing/arbitrary.ts";
import { devices } from "./testing/devices.ts";
import { naiveAttention } from "./testing/naive.ts";

const [batch, time, dim, heads, kvHeads, headDim, valueDim] = [2, 4, 6, 4, 2, 3, 2];
const initial = normal(0.6);
const forms = { "one for each head": heads, "one for each number": heads * valueDim };
const build = (gates: number) =>
  multiHeadAttention({ dim, heads, kvHeads, headDim, valueDim, initial, gate: sigmoidGate(dim, gates, { bias: true, initial }) });

type Numbers = ArrayLike<number>;
type Host = Readonly<Record<string, Numbers>>;

/** x [rows, input] times weightᵀ [output, input], plus the bias. */
function affine(x: Numbers, weight: Numbers, bias: Numbers): Float64Array {
  const input = weight.length / bias.length;
  return Float64Array.from({ length: (x.length / input) * bias.length }, (_, at) => {
    const [row, column] = [Math.floor(at / bias.length), at % bias.length];
    let total = bias[column] as number;
    for (let i = 0; i < input; i++) total += (x[row * input + i] as number) * (weight[column * input + i] as number);
    return total;
  });
}

/** The layer by its formula. */
function plainly(weights: Host, mask: Mask): Float64Array {
  const { x = [] } = weights;
  const part = (name: string) => affine(x, weights[`${name}.weight`] as Numbers, weights[`${name}.bias`] as Numbers);
  const problem = { batch, queries: time, keys: time, heads, kvHeads, headDim, valueDim, mask, start: 0, scale: headDim ** -0.5 };
  const plain = { softcap: undefined, sinks: undefined, bias: () => 0, kept: () => 1 };
  const context = naiveAttention({ ...problem, ...plain }, { query: part("query"), key: part("key"), value: part("value") });
  const gates = part("gate");
  const run = context.length / gates.length; // how many numbers of the context share a gate
  const passed = context.map((value, at) => value / (1 + Math.exp(-(gates[Math.floor(at / run)] as number))));
  return affine(passed, weights["output.weight"] as Numbers, weights["output.bias"] as Numbers);
}

describe.each(Object.entries(devices))("on %s", (_, make) => {
  test.each(Object.entries(forms))("%s: the formula, and its gradient, under any mask", async (_, gates) => {
    await using device = await make();
    const layer = build(gates);
    const tree = { ...init(layer, fresh(1, { device })), x: numbers(random(2), [batch, time, dim], { device }) };
    const cotangent = numbers(random(3), [batch, time, dim], { device });
    const host = Object.fromEntries(await Promise.all(paths(tree).map(async ([name, tensor]) => [name, Float64Array.from(await tensor.data())] as const)));
    const pull = await cotangent.data();
    await fc.assert(
      fc.asyncProperty(masks(batch, time), fc.nat(), async (mask, which) => {
        const { extra, gradients } = valueAndGrad(tree, ({ x, ...params }) => {
          const y = bind(layer, params)(x, { mask });
          return [sum(mul(y, cotangent)), y];
        });
        // a few products of six numbers in float32
        toClose(await extra.data(), plainly(host, mask), { rtol: 1e-5, atol: 1e-5 }, mask.name);
        const loss = (weights: Host): number => plainly(weights, mask).reduce((total, value, at) => total + value * (pull[at] as number), 0);
        for (const [name, gradient] of paths(gradients).filter(([name]) => name.startsWith("gate") || name === "x" || name === "value.weight")) {
          const found = await gradient.data();
          const at = which % found.length;
          // central differences in float64: good to 1e-8, so the difference is float32's
          const moved = (by: number): number => loss({ ...host, [name]: (host[name] as Float64Array).with(at, (host[name]?.[at] as number) + by) });
          toClose([found[at] as number], [(moved(1e-4) - moved(-1e-4)) / 2e-4], { rtol: 1e-4, atol: 1e-4 }, `${name} of ${mask.name}`);
        }
      }),
      { numRuns: 10, seed: 4 },
    );
  });

  test("with a cache, in self- and cross-attention", async () => {
    await using device = await make();
    for (const gates of Object.values(forms)) {
      const layer = build(gates);
      const over = crossAttention({ dim, heads, memoryDim: 5, gate: sigmoidGate(dim, gates === heads ? heads : dim * 2, { initial }), headDim: 3, initial });
      const [run, cross] = [bind(layer, init(layer, fresh(1, { device }))), bind(over, init(over, fresh(2, { device })))];
      const memory = { states: numbers(random(5), [batch, 7, 5], { device }), mask: causal };
      const x = numbers(random(2), [batch, time, dim], { device });
      const whole = run(cross(x, { mask: causal, memory, path: "cross" }), { mask: causal });
      const data = await x.data();
      const kind = fixedCache({ length: 8 });
      let state = emptyCache;
      const steps: number[][] = [];
      for (let at = 0; at < time; at++) {
        const one = Float32Array.from({ length: batch * dim }, (_, i) => data[(Math.floor(i / dim) * time + at) * dim + (i % dim)] as number);
        const cache = new Cache(state, kind);
        const pass = { mask: causal, cache, memory };
        const crossed = cross(fromData(one, [batch, 1, dim], { device }), { ...pass, path: "cross" });
        steps.push([...(await run(crossed, pass).data())]);
        state = cache.state;
      }
      const stepwise = Array.from({ length: batch }, (_, row) => steps.map((step) => step.slice(row * dim, (row + 1) * dim))).flat(2);
      toClose(stepwise, await whole.data(), { rtol: 1e-5, atol: 1e-5 }, device.name);
    }
  });
});

describe("a gate", () => {
  const device = reference();
  const layer = build(heads);
  const params = init(layer, fresh(1, { device }));
  const run = bind(layer, params);
  const x = numbers(random(2), [batch, time, dim], { device });

  test("that is open leaves the layer as it is without, closed leaves the output's bias", async () => {
    const without = multiHeadAttention({ dim, heads, kvHeads, headDim, valueDim });
    const held = (value: number): Tensor =>
      run(x, { mask: causal, interventions: intervene({ gate: (gate) => fromData(new Float32Array(gate.size).fill(value), gate.shape, { device }) }) });
    expect(await held(1).data()).toEqual(await bind(without, { ...params, gate: null })(x, { mask: causal }).data());
    const bias = await (params.output.bias as Tensor).data();
    expect([...(await held(0).data())]).toEqual(Array.from({ length: batch * time }, () => [...bias]).flat());
  });

  test("is seen between 0 and 1, a number for each head; the context is what it was before", async () => {
    const seen = taps(["gate", "context"]);
    run(x, { mask: causal, taps: seen });
    expect(seen.get("gate").shape).toEqual([batch, time, heads, 1]);
    for (const gate of await seen.get("gate").data()) expect(gate > 0 && gate < 1).toBe(true);
    const plain = taps(["context"]);
    bind(multiHeadAttention({ dim, heads, kvHeads, headDim, valueDim }), { ...params, gate: null })(x, { mask: causal, taps: plain });
    expect(await seen.get("context").data()).toEqual(await plain.get("context").data());
  });

  test("may be of another form: any module from the input", async () => {
    const own = define({ projection: linear(dim, heads, { bias: false }) }, ({ projection }, x: Tensor) => silu(projection(x)));
    const other = multiHeadAttention({ dim, heads, headDim, gate: own });
    const weights = init(other, fresh(1, { device }));
    expect(weights.gate.projection.weight.shape).toEqual([heads, dim]);
    expect(bind(other, weights)(x, { mask: causal }).shape).toEqual([batch, time, dim]);
  });
});
