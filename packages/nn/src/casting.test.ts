import { reference } from "@ashlar/backend";
import { add, affine, cast, gelu, mapTree, paths, sum, type Tensor, take, tensor, valueAndGrad } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { bind, casting, define, embedding, fresh, init, layerNorm, linear, NnError, normal, param, quantized, quantizing, taken } from "./index.ts";

const device = reference();
const model = define(
  {
    tokens: embedding(10, 32),
    places: param([5, 32], normal(1), { lookup: true }),
    norm: layerNorm(32),
    up: linear(32, 64),
    gate: param([3, 64], normal(1)),
  },
  // the embeddings are the last product too
  ({ tokens, places, norm, up, gate }, ids: Tensor) =>
    [affine(norm(tokens(ids)), tokens.params.weight, null), take(places, ids), affine(gelu(up(tokens(ids))), gate, null)] as const,
);
const ids = tensor([[3, 1, 4]], { device, dtype: "int32" });
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

test.each(["float16", "bfloat16"] as const)("%s: matrices and tables are kept in 16 bits, and compute what their numbers in float32 compute", async (dtype) => {
  const kept = init(model, casting(fresh(0, { device }), dtype));
  expect(paths(kept).map(([path, { dtype: type }]) => `${path} ${type}`)).toEqual([
    `tokens.weight ${dtype}`,
    `places ${dtype}`,
    "norm.weight float32",
    "norm.bias float32",
    `up.weight ${dtype}`,
    "up.bias float32",
    "gate float32",
  ]);
  // both sum in float64 on the reference device
  const rounded = mapTree(kept, (weight) => cast(weight, "float32")) as typeof kept;
  for (const [index, output] of bind(model, kept)(ids).entries()) expect(await list(output)).toEqual(await list(bind(model, rounded)(ids)[index]!));
});

test("every number is the nearest of its type", async () => {
  const [whole, kept] = [init(model, fresh(0, { device })), init(model, casting(fresh(0, { device }), "bfloat16"))];
  const numbers = await list(cast(kept.tokens.weight, "float32"));
  // a bfloat16 has 8 bits: half of the last is a 2⁻⁹th at most of a number whose first bit counts 1
  for (const [index, value] of (await list(whole.tokens.weight)).entries())
    expect(Math.abs(numbers[index]! - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -8);
});

test("`where` says which; trained weights are lent and not freed, and nothing whole is left behind", () => {
  const own = reference();
  const params = init(model, fresh(0, { device: own }));
  const before = own.memory();
  const kept = init(model, casting(taken(params), "float16", { where: (path) => path.startsWith("tokens") }));
  expect(paths(kept).flatMap(([path, { dtype }]) => (dtype === "float16" ? [path] : []))).toEqual(["tokens.weight"]);
  expect(own.memory()).toMatchObject({ live: before.live + 2 * 10 * 32, buffers: before.buffers + 1 });
  expect(params.tokens.weight.storage.live).toBe(true);
});

test("a large table is never there in float32 beside its 16 bits and those before it", async () => {
  const own = reference();
  const tables = define(
    [1, 2, 3, 4].map(() => embedding(1000, 64)),
    (bound, rows: Tensor) => bound.map((table) => table(rows)),
  );
  own.resetPeak();
  const kept = init(tables, casting(fresh(0, { device: own }), "bfloat16"));
  const whole = 4 * 1000 * 64;
  expect(own.memory().live).toBe(4 * (whole / 2));
  // the last table, its numbers and what they were drawn from, beside three that are done
  expect(own.memory().peak).toBeLessThan(3 * (whole / 2) + 6 * whole);
  expect(kept.map(({ weight }) => weight.dtype)).toEqual(new Array(4).fill("bfloat16"));
});

test("what is beside them can be trained; they get no gradient", () => {
  const params = init(model, casting(fresh(0, { device }), "float16"));
  const { gradients } = valueAndGrad(params, (given) =>
    bind(
      model,
      given,
    )(ids)
      .map((output) => sum(output))
      .reduce((total, each) => add(total, each)),
  );
  expect(paths(gradients).map(([path]) => path)).toEqual(["norm.weight", "norm.bias", "up.bias", "gate"]);
});

test("scales of quantized weights stay as they are", () => {
  const small = quantized(
    define({ tokens: embedding(10, 32), up: linear(32, 64) }, () => {}),
    { bits: 8, where: (path) => path.startsWith("tokens") },
  );
  const kept = init(small, casting(quantizing(fresh(0, { device })), "bfloat16"));
  expect(paths(kept).map(([path, { dtype }]) => `${path} ${dtype}`)).toEqual([
    "tokens.weight.int8 int32",
    "tokens.weight.scales float32",
    "up.weight bfloat16",
    "up.bias float32",
  ]);
});

test("errors say what to do", () => {
  expect(() => casting(fresh(0, { device }), "float32" as "float16")).toThrowErrorMatchingInlineSnapshot(
    `[NnError: casting: expected float16 or bfloat16, got float32; weights of 8 and 4 bits come from quantizing(…)]`,
  );
  expect(() => init(model, casting(taken({ other: {} }), "float16"))).toThrowErrorMatchingInlineSnapshot(`[NnError: casting: no tensor for "tokens.weight"]`);
  expect(() => init(model, casting(taken({ other: {} }), "float16"))).toThrow(NnError);
});
