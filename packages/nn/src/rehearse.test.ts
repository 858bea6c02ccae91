import { reference } from "@ashlar/backend";
import { checkpointed, copy, dropout, matmul, ones, type Random, type Tensor, tanh, transpose } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { define, linear, normal, param, rehearse } from "./index.ts";

const square = linear(1000, 1000, { bias: false });
const bytes = 4 * 1000 * 1000;

describe("rehearse", () => {
  test("a product: parameters, their gradient, two moments, and the rows that go through", () => {
    const { operations, ...memory } = rehearse(square, { run: (layer, { device }) => layer(copy(ones([8, 1000], { device }))) });
    const rows = 4 * 8 * 1000;
    expect(memory).toEqual({
      parameters: bytes,
      gradients: bytes,
      optimizer: 2 * bytes,
      forward: bytes + 2 * rows + 4, // rows in, rows out, and the one number that they are made of
      activations: 2 * rows + 12, // and a sum and its mean
      step: expect.closeTo(4 * bytes + 2 * rows, -2),
    });
    // forward one product; back one, for the weights alone
    expect(operations).toEqual({ forward: 2 * 8 * 1000 * 1000, step: expect.closeTo(2 * 2 * 8 * 1000 * 1000, -5) });
  });

  test("batches whose gradients are summed take one more set of them, and their number of passes", () => {
    const run = (layer: (x: Tensor) => Tensor, { device }: { device: Parameters<typeof ones>[1]["device"] }): Tensor => layer(ones([8, 1000], { device }));
    const [one, three] = [1, 3].map((accumulate) => rehearse(square, { run, accumulate }));
    expect(three!.step - one!.step).toBe(bytes);
    expect(three!.operations.step).toBe(3 * one!.operations.step);
  });

  test("an optimizer that remembers nothing takes nothing", () => {
    const plain = { init: () => null, update: (_gradients: unknown, state: unknown, params: unknown) => ({ params, state }) };
    const { optimizer, step } = rehearse(square, { run: (layer, { device }) => layer(ones([1, 1000], { device })), optimizer: plain });
    expect(optimizer).toBe(0);
    expect(step).toBeLessThan(2.01 * bytes);
  });

  test("only training has random numbers, and a checkpointed function keeps its arguments alone", () => {
    const seen: (Random | undefined)[] = [];
    const layers = define(
      [1, 2, 3, 4].map(() => param([64, 64], normal(1))),
      (weights, x: Tensor, wrap: typeof checkpointed, random?: Random): Tensor => {
        seen.push(random);
        const layer = wrap((x: Tensor, weight: Tensor) => {
          const bent = tanh(tanh(matmul(x, transpose(weight))));
          return random ? dropout(bent, 0.1, random) : bent;
        });
        return weights.reduce((x, weight) => layer(x, weight), x);
      },
    );
    const memoryOf = (wrap: typeof checkpointed) => rehearse(layers, { run: (run, { device, random }) => run(ones([640, 64], { device }), wrap, random) });
    const [plain, again] = [memoryOf((run) => run), memoryOf(checkpointed)];
    expect(seen.slice(0, 2).map((random) => random !== undefined)).toEqual([false, true]);
    expect(again.activations).toBeLessThan(0.3 * plain.activations);
    expect(again.step).toBeLessThan(0.6 * plain.step);
    expect(again.operations.step).toBeGreaterThan(1.2 * plain.operations.step);
  });

  test("says what its device has no kernel for: a composition takes more", () => {
    const plain = rehearse(square, { run: (layer, { device }) => layer(ones([8, 1000], { device })), like: reference({ fused: false, memory: 1000 }) });
    expect(plain.parameters).toBe(bytes); // a limit is for who asks, not for the rehearsal
  });

  test("what reads numbers can't be rehearsed", async () => {
    let reading: Promise<unknown> | undefined;
    rehearse(square, {
      run: (layer, { device }) => {
        const y = layer(ones([1, 1000], { device }));
        reading ??= y.data();
        reading.catch(() => undefined);
        return y;
      },
    });
    await expect(reading).rejects.toThrow("this device has no numbers");
  });
});
