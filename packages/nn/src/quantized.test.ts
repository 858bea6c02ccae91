import { reference } from "@ashlar/backend";
import { add, dequantize, gelu, mapTree, normal, paths, quantize, random, sum, type Tensor, tensor, valueAndGrad } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { bind, define, describe, embedding, fresh, init, layerNorm, linear, NnError, quantized, quantizing, replace, taken } from "./index.ts";

const device = reference();
const block = define({ norm: layerNorm(32), up: linear(32, 64), down: linear(64, 32, { bias: false }) }, ({ norm, up, down }, x: Tensor) =>
  add(x, down(gelu(up(norm(x))))),
);
const model = define({ tokens: embedding(10, 32), blocks: [block, block] }, ({ tokens, blocks }, ids: Tensor) => {
  return blocks.reduce((x, each) => each(x), tokens(ids));
});
const ids = tensor([[3, 1, 4]], { device, dtype: "int32" });
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

test.each([8, 4] as const)("%i bits: computes what the module computes with the numbers that are kept", async (bits) => {
  const params = init(model, fresh(0, { device }));
  const small = quantized(model, { bits });
  const kept = init(small, quantizing(taken(params)));
  const rounded = mapTree(params, (weight) => (weight.rank === 2 ? dequantize(quantize(weight, { bits })) : weight)) as typeof params;
  const [got, wanted] = [await list(bind(small, kept)(ids)), await list(bind(model, rounded)(ids))];
  // the reference device sums in float64 either way; the rest is the same
  expect(got).toEqual(wanted);
  expect(await list(bind(small, init(small, quantizing(fresh(0, { device }))))(ids))).toEqual(got);
});

test("paths name the bits; what is left out by `where` stays; the halves of a module are of the same parts", () => {
  const halves = { ...model, first: define(model.parts, ({ tokens }, of: Tensor) => tokens(of)), called: "a name" };
  const small = quantized(halves, { bits: 4, where: (path) => path !== "tokens.weight" && !path.endsWith("down.weight") });
  const params = init(small, quantizing(fresh(0, { device })));
  expect(paths(params).map(([path, { dtype, shape }]) => `${path} ${dtype} [${shape}]`)).toEqual([
    "tokens.weight float32 [10,32]",
    ...[0, 1].flatMap((index) => [
      `blocks.${index}.norm.weight float32 [32]`,
      `blocks.${index}.norm.bias float32 [32]`,
      `blocks.${index}.up.weight.int4 int32 [64,4]`,
      `blocks.${index}.up.weight.scales float32 [64,1]`,
      `blocks.${index}.up.bias float32 [64]`,
      `blocks.${index}.down.weight float32 [32,64]`,
    ]),
  ]);
  expect(small.first.parts).toBe(small.parts);
  expect(small.called).toBe("a name");
  expect(bind(small.first, params)(ids).shape).toEqual([1, 3, 32]);
});

test("describe counts weights, and the bytes that are left", () => {
  const wholeModel = linear(64, 16);
  const eight = describe(quantized(wholeModel, { bits: 8 }));
  const whole = describe(wholeModel);
  expect([eight.count, eight.flops]).toEqual([whole.count, whole.flops]);
  expect([whole.bytes, eight.bytes, describe(quantized(wholeModel, { bits: 4, group: 64 })).bytes]).toEqual([
    4 * (64 * 16 + 16),
    64 * 16 + 4 * (2 * 16 + 16),
    32 * 16 + 4 * (16 + 16),
  ]);
  expect(String(eight)).toMatchInlineSnapshot(`
    "weight.int8 [16, 16]                      1,024
    weight.scales [16, 2]                         0
    bias [16]                                    16
    parameters                                1,040
    bytes                                     1,216
    FLOPs a position, forward                 2,048"
  `);
});

test("nothing whole is left behind, and nothing that was lent is freed", () => {
  const own = reference();
  const params = init(model, fresh(0, { device: own }));
  const before = own.memory();
  const kept = init(quantized(model, { bits: 8 }), quantizing(taken(params)));
  const made = paths(kept).filter(([path]) => /\.(int8|scales)$/.test(path));
  expect(own.memory()).toMatchObject({ buffers: before.buffers + made.length });
  expect(params.tokens.weight.storage.live).toBe(true);
});

test("errors say what to do", () => {
  const messages = [
    () => quantized(model, { bits: 5 as 4 }),
    () => quantized(model, { bits: 8, group: 40 }),
    () => quantized(model, { bits: 8, group: 64 }),
    () => init(quantized(model, { bits: 8 }), fresh(0, { device })),
    () => init(quantized(model, { bits: 8 }), quantizing(taken({ tokens: {} }))),
    () => init(quantized(block, { bits: 8 }), quantizing(replace(taken({ up: { weight: normal(random(0), [3, 32], { device }) } }), fresh(0, { device })))),
    () => {
      const small = quantized(model, { bits: 8 });
      valueAndGrad(init(small, quantizing(fresh(0, { device }))), (params) => sum(bind(small, params)(ids)));
    },
  ].map((run) => {
    try {
      return run();
    } catch (error) {
      return String(error);
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "NnError: quantized: expected 8 or 4 bits, got 5",
      "NnError: quantized: expected a group of a multiple of 32, got 40",
      "NnError: quantized: expected an input of whole groups of 64 at "tokens.weight", got [10, 32]; leave it out with { where }",
      "NnError: init: "tokens.weight" is quantized and has no first numbers of its own; use quantizing(fresh(…))",
      "NnError: quantizing: no tensor for "tokens.weight"",
      "NnError: taken: expected [64, 32] for "up.weight", the tree has [3, 32]",
      "TensorError: affine: a quantized weight has no gradient; train the float32 weights and quantize them afterwards, or give valueAndGrad only what is trained",
    ]
  `);
  expect(() => quantized(model, { bits: 8, group: 64 })).toThrow(NnError);
});

test("what isn't quantized can be trained beside what is", async () => {
  const small = quantized(model, { bits: 8 });
  const params = init(small, quantizing(fresh(0, { device })));
  const norms = params.blocks.map(({ norm }) => norm);
  const { gradients } = valueAndGrad(norms, (given) => {
    const blocks = params.blocks.map((each, index) => ({ ...each, norm: given[index]! })) as unknown as typeof params.blocks;
    return sum(bind(small, { ...params, blocks })(ids));
  });
  expect((await list(gradients[0]!.weight)).some((value) => value !== 0)).toBe(true);
});
