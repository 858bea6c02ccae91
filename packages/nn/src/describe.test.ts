import { expect, describe as suite, test } from "vitest";
import { define, describe, dropout, embedding, layerNorm, linear, param, zeros } from "./index.ts";

const block = (dim: number) =>
  define(
    {
      norm1: layerNorm(dim),
      attention: { query: linear(dim, dim), output: linear(dim, dim) },
      norm2: layerNorm(dim),
      up: linear(dim, 4 * dim),
      drop: dropout(0.1),
    },
    () => null,
  );
const model = (dim: number, blocks: number) =>
  define(
    {
      tokens: embedding(1000, dim),
      positions: embedding(64, dim),
      blocks: Array.from({ length: blocks }, () => block(dim)),
      head: linear(dim, 1000, { bias: false }),
    },
    () => null,
  );

suite("describe", () => {
  test("prints parts, shapes, how often, parameters and FLOPs; equal blocks are one line", () => {
    expect(String(describe(model(32, 12)))).toMatchInlineSnapshot(`
      "tokens.weight [1000, 32]                                 32,000
      positions.weight [64, 32]                                 2,048
      blocks.*.norm1.weight [32]                  × 12            384
      blocks.*.norm1.bias [32]                    × 12            384
      blocks.*.attention.query.weight [32, 32]    × 12         12,288
      blocks.*.attention.query.bias [32]          × 12            384
      blocks.*.attention.output.weight [32, 32]   × 12         12,288
      blocks.*.attention.output.bias [32]         × 12            384
      blocks.*.norm2.weight [32]                  × 12            384
      blocks.*.norm2.bias [32]                    × 12            384
      blocks.*.up.weight [128, 32]                × 12         49,152
      blocks.*.up.bias [128]                      × 12          1,536
      head.weight [1000, 32]                                   32,000
      parameters                                              143,616
      bytes                                                   574,464
      FLOPs a position, forward                               211,456"
    `);
  });

  test("lists every parameter, and their sum is the count", () => {
    const { parameters, count } = describe(model(8, 2));
    expect(parameters.map(({ path }) => path).slice(0, 5)).toEqual([
      "tokens.weight",
      "positions.weight",
      "blocks.0.norm1.weight",
      "blocks.0.norm1.bias",
      "blocks.0.attention.query.weight",
    ]);
    expect(count).toBe(parameters.reduce((sum, parameter) => sum + parameter.count, 0));
    expect(count).toBe(1000 * 8 + 64 * 8 + 2 * (4 * 8 + 2 * (64 + 8) + 8 * 32 + 32) + 8 * 1000);
  });

  test("FLOPs are two for each weight of a product; tables, norms and biases have none", () => {
    expect(describe(linear(5, 7)).flops).toBe(70);
    expect(describe(embedding(100, 7)).flops).toBe(0);
    expect(describe(layerNorm(7)).flops).toBe(0);
    expect(describe(define({ a: linear(5, 7), b: [linear(7, 2)] }, () => null)).flops).toBe(70 + 28);
  });

  test("it makes no numbers: a model of any size is described at once", () => {
    const huge = define({ weight: param([2 ** 20, 2 ** 20], zeros) }, () => null);
    expect(describe(huge).count).toBe(2 ** 40);
  });

  test("a module without parameters", () => {
    expect(String(describe(dropout(0.5)))).toMatchInlineSnapshot(`
      "parameters                                    0
      bytes                                         0
      FLOPs a position, forward                     0"
    `);
  });
});
