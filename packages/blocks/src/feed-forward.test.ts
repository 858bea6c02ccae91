// Feed-forward layers by their formulas.
import { bind, fresh, init, describe as listed } from "@ashlar/nn";
import { add, gelu, geluTanh, matmul, mul, relu, silu, type Tensor, transpose } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { feedForward, gatedFeedForward, geglu, swiglu } from "./index.ts";
import { dim, initial, openDevices, states, tolerance } from "./testing/small.ts";

const open = openDevices();

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
