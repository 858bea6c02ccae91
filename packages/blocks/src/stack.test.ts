// What holds for stacks, whatever they are made of.
import { Cache, type CacheState, emptyCache, multiHeadAttention, noPosition, type Pass, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { and, causal, full, padding, slidingWindow } from "@ashlar/mask";
import { bind, fresh, init, layerNorm, describe as listed, normal, rmsNorm } from "@ashlar/nn";
import { add, concat, mul, paths, random, scoped, slice, sum, type Tensor, valueAndGrad } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { feedForward, layers, postNorm, preNorm, repeated, sandwichNorm, stack } from "./index.ts";
import { built, crossing, dim, heads, initial, openDevices, parts, states, tolerance } from "./testing/small.ts";

const open = openDevices();

describe("stacks", () => {
  test("parameters are named by where they stand", () => {
    const device = open[0] as Device;
    const model = stack({ blocks: 2, of: preNorm({ ...crossing, norm: rmsNorm(dim) }), norm: rmsNorm(dim), position: t5Bias({ heads, bidirectional: false }) });
    const ofBlock = (index: number) =>
      [
        "attention.query.weight",
        "attention.query.bias",
        "attention.key.weight",
        "attention.key.bias",
        "attention.value.weight",
        "attention.value.bias",
        "attention.output.weight",
        "attention.output.bias",
        "attentionNorm.weight",
        "crossNorm.weight",
        "cross.query.weight",
        "cross.query.bias",
        "cross.key.weight",
        "cross.key.bias",
        "cross.value.weight",
        "cross.value.bias",
        "cross.output.weight",
        "cross.output.bias",
        "feedForwardNorm.weight",
        "feedForward.up.weight",
        "feedForward.up.bias",
        "feedForward.down.weight",
        "feedForward.down.bias",
      ].map((name) => `blocks.${index}.${name}`);
    const names = paths(init(model, fresh(0, { device }))).map(([path]) => path);
    expect(names.sort()).toEqual([...ofBlock(0), ...ofBlock(1), "norm.weight", "position.weight"].sort());
  });

  test("a stack is its blocks one after the other, each with weights of its own", async () => {
    for (const device of open) {
      const block = preNorm(parts);
      const model = stack({ blocks: 3, of: block, norm: layerNorm(dim) });
      const params = init(model, fresh(0, { device }));
      expect(params.blocks[0]!.attention.query.weight).not.toBe(params.blocks[1]!.attention.query.weight);
      const x = states("text", 4, device);
      const after = params.blocks.reduce((x, own) => bind(block, own)(x, { mask: causal }), x);
      const run = await bind(model, params)(x, { mask: causal }).data();
      toClose(run, await bind(layerNorm(dim), params.norm)(after).data(), tolerance, device.name);
      // the same list, spelt out
      const row = layers([block, block, block], { norm: layerNorm(dim) });
      const spelt = { ...params, blocks: [params.blocks[0]!, params.blocks[1]!, params.blocks[2]!] } as const;
      toClose(await bind(row, spelt)(x, { mask: causal }).data(), run, { rtol: 0, atol: 0 }, "layers");
    }
  });

  test("a repeated block has one set of weights", async () => {
    for (const device of open) {
      const block = postNorm(parts);
      const model = repeated({ times: 3, of: block });
      const params = init(model, fresh(0, { device }));
      expect(listed(model).count).toBe(listed(block).count);
      const x = states("text", 4, device);
      const thrice = [1, 2, 3].reduce((x) => bind(block, params.block)(x, { mask: full }), x);
      toClose(await bind(model, params)(x, { mask: full }).data(), await thrice.data(), tolerance, device.name);
    }
  });

  test("T5's bias is one for all blocks, and its gradient the sum of theirs", async () => {
    for (const device of open) {
      const position = t5Bias({ heads, buckets: 4, maxDistance: 4, bidirectional: false, initial: normal(1) });
      const attention = (own: typeof position | null) => multiHeadAttention({ dim, heads, scale: 1, bias: false, initial, position: own });
      const block = (own: typeof position | null) => preNorm({ attention: attention(own), feedForward: feedForward(dim, { initial }), norm: rmsNorm(dim) });
      const shared = stack({ blocks: 2, of: block(null), position });
      const each = stack({ blocks: 2, of: block(position) });
      const params = init(shared, fresh(0, { device }));
      const x = states("text", 5, device);
      const loss = (y: Tensor): Tensor => sum(mul(y, states("cotangent", 5, device)));
      const one = valueAndGrad(params, (params) => loss(bind(shared, params)(x, { mask: causal })));
      // the same weight at two places is two parameters once they are copies
      const copied = () => ({ weight: mul(params.position.weight, 1).ranked(2) });
      const blocks = params.blocks.map((block) => ({ ...block, attention: { ...block.attention, position: copied() } }));
      const apart = { ...params, position: null, blocks };
      const two = valueAndGrad(apart, (params) => loss(bind(each, params)(x, { mask: causal })));
      toClose(await one.value.data(), await two.value.data(), tolerance, device.name);
      const [a, b] = two.gradients.blocks.map((block) => block.attention.position.weight) as [Tensor, Tensor];
      toClose(await one.gradients.position.weight.data(), await add(a, b).data(), { rtol: 1e-4, atol: 1e-5 }, device.name);
    }
  });

  test("a layer's own scheme comes before the stack's, and none is one", async () => {
    const device = open[0] as Device;
    const block = (attention: ReturnType<typeof multiHeadAttention>) => preNorm({ ...parts, attention: attention as never });
    const position = rotary();
    const given = { dim, heads, initial };
    const x = states("text", 4, device);
    const params = init(stack({ blocks: 1, of: block(multiHeadAttention(given)) }), fresh(0, { device })) as never;
    const read = async (model: unknown) => Array.from(await (bind(model as never, params) as (x: Tensor, pass: Pass) => Tensor)(x, { mask: causal }).data());
    const bare = await read(stack({ blocks: 1, of: block(multiHeadAttention(given)) }));
    const turned = await read(stack({ blocks: 1, of: block(multiHeadAttention(given)), position }));
    expect(turned).not.toEqual(bare);
    expect(await read(stack({ blocks: 1, of: block(multiHeadAttention({ ...given, position: noPosition() }) as never), position }))).toEqual(bare);
    expect(await read(stack({ blocks: 1, of: block(multiHeadAttention({ ...given, position: rotary() }) as never) }))).toEqual(turned);
  });

  test("layers may see differently", async () => {
    for (const device of open) {
      const narrow = preNorm({ ...parts, attention: multiHeadAttention({ dim, heads, initial, position: rotary(), mask: slidingWindow(2) }) });
      const model = layers([narrow, preNorm(parts)]);
      const params = init(model, fresh(0, { device }));
      const x = states("text", 6, device);
      const first = bind(preNorm(parts), params.blocks[0]!)(x, { mask: and(causal, slidingWindow(2)) });
      const expected = bind(preNorm(parts), params.blocks[1]!)(first, { mask: causal });
      toClose(await bind(model, params)(x, { mask: causal }).data(), await expected.data(), tolerance, device.name);
    }
  });

  test("cached equals uncached, with cross-attention and a shared scheme", async () => {
    for (const device of open)
      for (const model of [
        stack({ blocks: 2, of: preNorm(crossing), norm: layerNorm(dim) }),
        stack({
          blocks: 2,
          of: postNorm({ ...crossing, attention: multiHeadAttention({ dim, heads, initial }) }),
          position: t5Bias({ heads, bidirectional: false, initial }),
        }),
        repeated({ times: 2, of: sandwichNorm(crossing) }),
      ]) {
        const { run } = built(model, device);
        const pass: Pass = { mask: causal, memory: { states: states("memory", 5, device), mask: padding([5, 3]) } };
        const x = states("text", 6, device);
        let state: CacheState = emptyCache;
        const pieces = [
          [0, 3],
          [3, 4],
          [4, 6],
        ].map(([start, end]) => {
          const cache = new Cache(state);
          const piece = run(slice(x, 1, { start: start as number, end: end as number }), { ...pass, cache });
          state = cache.state;
          return piece;
        });
        expect([Object.keys(state.layers), Object.keys(state.once)].map(({ length }) => length)).toEqual([2, 2]);
        toClose(await concat(pieces, 1).data(), await run(x, pass).data(), tolerance, device.name);
      }
  });

  test("a step leaves nothing behind", () => {
    for (const device of open) {
      const model = stack({ blocks: 2, of: preNorm({ ...crossing, dropout: 0.1 }), norm: layerNorm(dim), position: t5Bias({ heads, bidirectional: false }) });
      const params = init(model, fresh(0, { device }));
      const [x, memory] = [states("text", 4, device), states("memory", 3, device)];
      const before = device.memory().live;
      scoped(
        () => void valueAndGrad(params, (params) => sum(bind(model, params)(x, { mask: causal, memory: { states: memory, mask: full }, random: random(1) }))),
      );
      expect(device.memory().live).toBe(before);
    }
  });
});
