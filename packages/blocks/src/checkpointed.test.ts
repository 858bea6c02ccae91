import { Cache, crossAttention, emptyCache, multiHeadAttention, type Pass, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { causal, full, padding } from "@ashlar/mask";
import { bind, describe as described, fresh, init, layerNorm, normal, rehearse, rmsNorm } from "@ashlar/nn";
import { copy, fromData, mul, ones, paths, random, slice, sum, type Tensor, uniform, valueAndGrad } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Block, checkpointed, feedForward, layers, preNorm, type Stack, stack, swiglu } from "./index.ts";
import { devices } from "./testing/devices.ts";

// Two sides that do the same sums in another order: some roundings of 6e-8 in numbers up to 20.
const tolerance = { rtol: 1e-5, atol: 1e-5 };

const [dim, heads, batch, time] = [16, 2, 2, 24];
const initial = normal(0.4);

const open: Device[] = [];
beforeAll(async () => {
  open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
});
afterAll(async () => {
  for (const device of open) await device[Symbol.asyncDispose]();
});

const states = (name: string, device: Device, length = time): Tensor => uniform(random(3).split(name), [batch, length, dim], { device });
const turning = preNorm({
  attention: multiHeadAttention({ dim, heads, initial, position: rotary() }),
  feedForward: swiglu(dim, { initial }),
  norm: rmsNorm(dim),
  dropout: 0.2,
});
const biased = preNorm({
  attention: multiHeadAttention({ dim, heads, initial, dropout: 0.1 }),
  cross: crossAttention({ dim, heads, initial }),
  feedForward: feedForward(dim, { initial }),
  norm: layerNorm(dim),
  dropout: 0.2,
});
const deep = (of: Block): Stack => stack({ blocks: 4, of, norm: rmsNorm(dim) });
const shared = (of: Block): Stack => layers([of, of], { position: t5Bias({ heads, bidirectional: true, initial }) });

describe("checkpointed", () => {
  test.each([
    ["rotary positions and dropout", (wrap: (block: Block) => Block) => deep(wrap(turning)), (): Pass => ({ mask: causal, random: random(7) })],
    [
      "a bias that blocks share, cross-attention, dropout of weights",
      (wrap: (block: Block) => Block) => shared(wrap(biased)),
      (device: Device): Pass => ({ mask: padding([time, 9]), random: random(7), memory: { states: states("source", device, 5), mask: full } }),
    ],
  ] as const)("equals the block as it is, number for number: %s", async (_, of, pass) => {
    for (const device of open) {
      const found = [(block: Block) => block, checkpointed].map((wrap) => {
        const model = of(wrap);
        const given = { params: init(model, fresh(1, { device })) as Readonly<Record<string, Tensor>>, x: states("text", device), pass: pass(device) };
        // the states from elsewhere have a gradient too
        return valueAndGrad({ ...given, memory: given.pass.memory?.states ?? null }, ({ params, x, memory, pass }) => {
          const y = bind(model, params)(x, memory && pass.memory ? { ...pass, memory: { ...pass.memory, states: memory } } : pass);
          return sum(mul(y, uniform(random(5), y.shape, { device })));
        });
      });
      const [plain, again] = found;
      expect(await again!.value.item()).toBe(await plain!.value.item());
      const [expected, came] = [plain, again].map((one) => paths([one!.gradients.params, one!.gradients.x, one!.gradients.memory]));
      expect(came!.map(([path]) => path)).toEqual(expected!.map(([path]) => path));
      for (const [index, [path, gradient]] of expected!.entries()) {
        const [got, wanted] = [await came![index]![1].data(), await gradient.data()];
        // what several blocks read gets a sum from each, which are added in another order
        if (path === "2" || path.startsWith("0.position")) toClose(got, wanted, tolerance, `${path} on ${device.name}`);
        else expect(got, `${path} on ${device.name}`).toEqual(wanted);
      }
    }
  });

  test("the memory of a step hardly grows with the number of blocks", () => {
    const step = (of: Block, blocks: number) =>
      rehearse(stack({ blocks, of, norm: rmsNorm(dim) }), {
        run: (run, { device, random }) => run(copy(ones([batch, 200, dim], { device })), { mask: causal, ...(random && { random }) }),
      });
    const growth = (of: Block): number => step(of, 12).activations - step(of, 6).activations;
    expect(growth(checkpointed(turning))).toBe(6 * 4 * batch * 200 * dim); // its input, for each block
    expect(growth(turning)).toBeGreaterThan(10 * growth(checkpointed(turning)));
    expect(step(checkpointed(turning), 12).step).toBeLessThan(0.3 * step(turning, 12).step);
  });

  test("parts and names stay, and with a cache it runs as it is", async () => {
    const [device] = open as [Device];
    expect(described(deep(checkpointed(turning))).parameters).toEqual(described(deep(turning)).parameters);
    const [plain, wrapped] = [deep(turning), deep(checkpointed(turning))];
    const params = init(plain, fresh(1, { device })) as never;
    let cache = new Cache(emptyCache);
    const pieces = [0, 1].map((half) => {
      cache = new Cache(cache.state);
      const piece = fromData(new Float32Array(batch * 3 * dim).fill(half + 1), [batch, 3, dim], { device });
      return bind(wrapped, params)(piece, { mask: causal, cache });
    });
    const whole = fromData(
      Float32Array.from({ length: batch * 6 * dim }, (_, at) => 1 + (Math.floor(at / dim / 3) % 2)),
      [batch, 6, dim],
      { device },
    );
    const expected = slice(bind(plain, params)(whole, { mask: causal }), 1, { start: 3 });
    toClose(await pieces[1]!.data(), await expected.data(), tolerance, "two pieces");
  });
});
