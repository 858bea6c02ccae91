// What holds for blocks and stacks, whatever they are made of.
import { Cache, type CacheState, crossAttention, emptyCache, multiHeadAttention, noPosition, type Pass, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { and, causal, full, padding, slidingWindow } from "@ashlar/mask";
import { bind, define, fresh, init, layerNorm, describe as listed, normal, rmsNorm } from "@ashlar/nn";
import {
  add,
  concat,
  fromData,
  gelu,
  geluTanh,
  keeper,
  matmul,
  mul,
  paths,
  random,
  relu,
  scoped,
  silu,
  slice,
  sum,
  type Tensor,
  transpose,
  uniformData,
  valueAndGrad,
} from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Block, feedForward, gatedFeedForward, geglu, layers, parallel, postNorm, preNorm, repeated, sandwichNorm, stack, swiglu } from "./index.ts";
import { devices } from "./testing/devices.ts";

// Two sides that do the same sums in another order: some roundings of 6e-8 in numbers up to 10.
const tolerance = { rtol: 1e-5, atol: 1e-5 };

const [dim, heads, batch] = [8, 2, 2];
const initial = normal(0.4);

const open: Device[] = [];
beforeAll(async () => {
  open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
});
afterAll(async () => {
  for (const device of open) await device[Symbol.asyncDispose]();
});

const states = (name: string, time: number, device: Device): Tensor =>
  fromData(
    uniformData(random(3).split(name), batch * time * dim).map((value) => 2 * value - 1),
    [batch, time, dim],
    { device },
  );

/** A module of any parts with fresh parameters: what runs it, and the tree by name. */
function built(module: Block, device: Device): { readonly run: (x: Tensor, pass: Pass) => Tensor; readonly params: Readonly<Record<string, never>> } {
  const params = init(module, fresh(0, { device }));
  return { run: bind(module, params), params: params as Readonly<Record<string, never>> };
}

const parts = {
  attention: multiHeadAttention({ dim, heads, initial, position: rotary() }),
  feedForward: feedForward(dim, { hidden: 12, initial }),
  norm: layerNorm(dim),
};
const crossing = { ...parts, cross: crossAttention({ dim, heads, initial }) };

describe("feed-forward", () => {
  const ofWeights = (x: Tensor, { weight, bias }: { readonly weight: Tensor; readonly bias: Tensor | null }) => {
    const product = matmul(x, transpose(weight));
    return bias ? add(product, bias) : product;
  };

  test.each([
    ["relu", relu],
    ["gelu", gelu],
  ] as const)("down(%s(up(x)))", async (_, activation) => {
    for (const device of open) {
      const layer = feedForward(dim, { hidden: 5, activation, initial });
      const params = init(layer, fresh(0, { device }));
      const x = states("text", 3, device);
      toClose(await bind(layer, params)(x).data(), await ofWeights(activation(ofWeights(x, params.up)), params.down).data(), tolerance, device.name);
    }
  });

  test.each([
    ["swiglu", swiglu(dim, { initial }), silu],
    ["geglu", geglu(dim, { initial }), gelu],
    ["T5's", gatedFeedForward(dim, { activation: geluTanh, initial }), geluTanh],
    ["reglu with biases", gatedFeedForward(dim, { activation: relu, bias: true, initial }), relu],
  ] as const)("%s: down(activation(gate(x)) · up(x))", async (_, layer, activation) => {
    for (const device of open) {
      const params = init(layer, fresh(0, { device }));
      const x = states("text", 3, device);
      const expected = ofWeights(mul(activation(ofWeights(x, params.gate)), ofWeights(x, params.up)), params.down);
      toClose(await bind(layer, params)(x).data(), await expected.data(), tolerance, device.name);
    }
  });

  test("a gated layer is about as large as a plain one", () => {
    // 8/3 dim rounded up to a multiple of 32, and no biases
    for (const width of [96, 256, 768]) {
      const [gated, plain] = [listed(swiglu(width)).count, listed(feedForward(width, { bias: false })).count];
      expect(gated).toBeGreaterThanOrEqual(plain);
      expect(gated).toBeLessThan(plain + 3 * 32 * width);
    }
  });
});

describe("blocks", () => {
  /** The same block by hand: what each part gives, joined as the formula says. */
  const byHand = {
    preNorm: (x: Tensor, part: Part, norm: Norm) => add(x, part(norm(x))),
    postNorm: (x: Tensor, part: Part, norm: Norm) => norm(add(x, part(x))),
    sandwichNorm: (x: Tensor, part: Part, norm: Norm, after: Norm) => add(x, after(part(norm(x)))),
  };
  type Part = (x: Tensor) => Tensor;
  type Norm = (x: Tensor) => Tensor;

  test.each([
    ["preNorm", preNorm(crossing)],
    ["postNorm", postNorm(crossing)],
    ["sandwichNorm", sandwichNorm(crossing)],
  ] as const)("%s joins self-attention, cross-attention and feed-forward in turn", async (name, block) => {
    for (const device of open) {
      const { run, params } = built(block, device);
      const pass: Pass = { mask: causal, memory: { states: states("memory", 4, device), mask: padding([4, 2]) } };
      const x = states("text", 3, device);
      const norm = (which: string) => (x: Tensor) => bind(parts.norm, params[which] as never)(x);
      const join = byHand[name];
      const turns: [string, Part][] = [
        ["attention", (x) => bind(crossing.attention, params.attention as never)(x, pass)],
        ["cross", (x) => bind(crossing.cross, params.cross as never)(x, pass)],
        ["feedForward", (x) => bind(crossing.feedForward, params.feedForward as never)(x)],
      ];
      const expected = turns.reduce((x, [which, part]) => join(x, part, norm(`${which}Norm`), norm(`${which}After`)), x);
      toClose(await run(x, pass).data(), await expected.data(), tolerance, `${name} on ${device.name}`);
    }
  });

  test("without a memory a block with cross-attention is one without", async () => {
    for (const device of open) {
      const params = init(preNorm(crossing), fresh(0, { device }));
      const x = states("text", 3, device);
      const { cross: _, crossNorm: __, ...rest } = params;
      const plain = bind(preNorm(parts), { ...rest, cross: null, crossNorm: null });
      toClose(await bind(preNorm(crossing), params)(x, { mask: causal }).data(), await plain(x, { mask: causal }).data(), { rtol: 0, atol: 0 }, device.name);
    }
  });

  test("parallel parts read the same states, through one norm or two", async () => {
    for (const device of open) {
      const x = states("text", 3, device);
      const pass = { mask: causal };
      const one = parallel(parts);
      const shared = init(one, fresh(0, { device }));
      const two = parallel({ ...parts, feedForwardNorm: rmsNorm(dim) });
      const own = init(two, fresh(0, { device }));
      const normal = bind(parts.norm, shared.norm)(x);
      const attended = add(x, bind(parts.attention, shared.attention)(normal, pass));
      const fed = (x: Tensor) => bind(parts.feedForward, shared.feedForward)(x);
      toClose(await bind(one, shared)(x, pass).data(), await add(attended, fed(normal)).data(), tolerance, "one norm");
      const other = bind(rmsNorm(dim), own.feedForwardNorm)(x);
      // fresh numbers follow the path, so both blocks have the same
      toClose(await bind(two, own)(x, pass).data(), await add(attended, fed(other)).data(), tolerance, "two norms");
    }
  });

  test("a part that is no attention may stand in for it", async () => {
    const device = open[0] as Device;
    const shift = define({}, (_, x: Tensor, _pass: Pass): Tensor => mul(x, 2));
    const block = preNorm({ ...parts, attention: shift });
    const y = bind(block, init(block, fresh(0, { device })))(states("text", 3, device), { mask: causal });
    expect(y.shape).toEqual([batch, 3, dim]);
  });
});

describe("dropout", () => {
  const dropping = { ...parts, dropout: 0.5, feedForward: feedForward(dim, { dropout: 0.5, initial }) };

  test.each([
    ["preNorm", preNorm(dropping)],
    ["postNorm", postNorm(dropping)],
    ["sandwichNorm", sandwichNorm(dropping)],
    ["parallel", parallel(dropping)],
  ] as const)("%s drops by the path, with random numbers only, alike on every device", async (_, block) => {
    const found = await Promise.all(
      open.map(async (device) => {
        const { run } = built(block, device);
        const read = async (pass: Partial<Pass>) => Array.from(await run(states("text", 3, device), { mask: causal, ...pass }).data());
        const here = { random: random(1), path: "blocks.0" };
        return { kept: await read({}), one: await read(here), again: await read(here), two: await read({ ...here, path: "blocks.1" }) };
      }),
    );
    for (const { kept, one, again, two } of found) {
      expect(one).toEqual(again);
      expect(one).not.toEqual(two);
      expect(one).not.toEqual(kept);
      toClose(one, found[0]!.one, tolerance, "another device");
    }
  });

  test("each part of a block drops its own", async () => {
    // with parts that give ones, what was added shows what was dropped
    const device = open[0] as Device;
    const one = define({}, (_, x: Tensor, _pass: Pass): Tensor => add(mul(x, 0), 1));
    const same = define({}, (_, x: Tensor) => x);
    const added = async (block: ReturnType<typeof preNorm<typeof one, typeof one, typeof same>>) => {
      const x = mul(states("text", 30, device), 0);
      return Array.from(await bind(block, init(block, fresh(0, { device })))(x, { mask: causal, random: random(1) }).data());
    };
    const sums = await added(preNorm({ attention: one, feedForward: one, norm: same, dropout: 0.5 }));
    // two draws of 0 or 2 each: were they one draw, 2 would never come
    expect(new Set(sums)).toEqual(new Set([0, 2, 4]));
  });

  test("adding a block changes nobody else's numbers", async () => {
    const device = open[0] as Device;
    const block = preNorm(dropping);
    const masks: number[][] = [];
    // a spy of what the first block gives, which ends with the block unless it is kept
    const { keep } = keeper();
    const first = define({ block }, (bound, x: Tensor, pass: Pass): Tensor => {
      const y = (bound.block as unknown as (x: Tensor, pass: Pass) => Tensor)(x, pass);
      keep(y);
      seen.push(y);
      return y;
    });
    const seen: Tensor[] = [];
    for (const list of [[first], [first, block]]) {
      const model = layers(list);
      bind(model, init(model, fresh(0, { device })))(states("text", 3, device), { mask: causal, random: random(1) });
    }
    for (const tensor of seen) masks.push(Array.from(await tensor.data()));
    expect(masks[0]).toEqual(masks[1]);
  });
});

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
