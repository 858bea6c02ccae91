// What holds for blocks, whatever they are made of, and for what they drop.
import type { Pass } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { causal, padding } from "@ashlar/mask";
import { bind, define, fresh, init, rmsNorm } from "@ashlar/nn";
import { add, keeper, mul, random, type Tensor } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { feedForward, layers, parallel, postNorm, preNorm, sandwichNorm } from "./index.ts";
import { batch, built, crossing, dim, initial, openDevices, parts, states, tolerance } from "./testing/small.ts";

const open = openDevices();

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
