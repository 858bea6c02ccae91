// A forward pass holds one block's arrays at a time, and what is to outlive a block does.
import { Cache, crossAttention, emptyCache, fixedCache, growingCache, multiHeadAttention, type Pass, rotary, t5Bias, taps } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { causal, full } from "@ashlar/mask";
import { bind, fresh, init, layerNorm, rmsNorm } from "@ashlar/nn";
import { random, scoped, type Tensor, tensors, uniform } from "@ashlar/tensor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { feedForward, postNorm, preNorm, repeated, type Stack, stack, swiglu } from "./index.ts";
import { devices } from "./testing/devices.ts";

const [dim, heads, batch, time] = [16, 2, 2, 40];

const open: Device[] = [];
beforeAll(async () => {
  open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
});
afterAll(async () => {
  for (const device of open) await device[Symbol.asyncDispose]();
});

const states = (name: string, device: Device, length = time): Tensor => uniform(random(3).split(name), [batch, length, dim], { device });
const turning = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
const crossing = postNorm({
  attention: multiHeadAttention({ dim, heads }),
  cross: crossAttention({ dim, heads }),
  feedForward: feedForward(dim),
  norm: layerNorm(dim),
});
const stacks: Readonly<Record<string, (blocks: number) => Stack>> = {
  "rotary positions": (blocks) => stack({ blocks, of: turning, norm: rmsNorm(dim) }),
  "a shared bias and a memory": (blocks) => stack({ blocks, of: crossing, position: t5Bias({ heads, bidirectional: false }) }),
  "one block again and again": (times) => repeated({ times, of: turning }),
};

/** What a stack takes beside its parameters and its input. */
function peakOf(model: Stack, device: Device): number {
  return scoped(() => {
    const run = bind(model, init(model, fresh(1, { device })) as never);
    const [x, memory] = [states("text", device), states("source", device, 7)];
    const before = device.memory().live;
    device.resetPeak();
    scoped(() => void run(x, { mask: causal, memory: { states: memory, mask: full } }));
    return device.memory().peak - before;
  });
}

test.each(Object.keys(stacks))("twelve blocks take what two take: %s", (name) => {
  const of = stacks[name]!;
  for (const device of open) {
    const [two, twelve] = [peakOf(of(2), device), peakOf(of(12), device)];
    expect(twelve, device.name).toBe(two);
    expect(two, device.name).toBeGreaterThan(4 * batch * time * dim);
  }
});

test.each([
  ["growing", growingCache()],
  ["fixed", fixedCache({ length: time + 8 })],
])("taps and a cache outlive the blocks, and nothing outlives the scope around: %s", async (_, kind) => {
  for (const device of open) {
    const model = stack({ blocks: 3, of: crossing, norm: layerNorm(dim) });
    const params = init(model, fresh(1, { device }));
    const [run, x, memory] = [bind(model, params), states("text", device), states("source", device, 7)];
    const pass: Pass = { mask: causal, memory: { states: memory, mask: full } };
    const { live } = device.memory();

    scoped(() => {
      const seen = taps(["blocks.*", "blocks.1.attention.weights"]);
      const cache = new Cache(emptyCache, kind);
      const y = run(x, { ...pass, taps: seen, cache });
      const kept = [y, ...["blocks.*", "blocks.1.attention.weights"].flatMap((name) => seen.all(name as "blocks.*")), ...tensors(cache.state)];
      expect(kept).toHaveLength(1 + 3 + 1 + 3 * 4);
      expect(kept.every(({ storage }) => storage.live)).toBe(true);
    });
    expect(device.memory().live).toBe(live);

    // a state that is returned is all that the next call needs
    const { state, last } = scoped(() => {
      const cache = new Cache(emptyCache, kind);
      return { last: run(x, { ...pass, cache }), state: cache.state };
    });
    expect(await last.data()).toEqual(await run(x, pass).data());
    const next = run(states("more", device, 2), { ...pass, cache: new Cache(state, kind) });
    expect(await next.data()).toHaveLength(batch * 2 * dim);
  }
});
