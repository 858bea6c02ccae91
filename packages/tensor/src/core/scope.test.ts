import type { Device } from "@ashlar/backend";
import { reference } from "@ashlar/backend";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  add,
  checkpointed,
  concat,
  crossEntropy,
  dropout,
  exp,
  fromData,
  gelu,
  keeper,
  layerNorm,
  matmul,
  mul,
  random,
  reshape,
  scoped,
  slice,
  softmax,
  split,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  through,
  topK,
  transpose,
  valueAndGrad,
  zeros,
} from "../index.ts";
import { collect } from "../testing/collect.ts";
import { devices } from "../testing/devices.ts";

const some = (shape: readonly number[], device: Device): Tensor =>
  fromData(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1)),
    shape,
    { device },
  );

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeEach(async () => {
    device = await make();
  });
  afterEach(() => device[Symbol.asyncDispose]());

  const paramsOf = () => ({ table: some([7, 4], device), norm: some([4], device), layers: [some([4, 4], device), some([4, 4], device)] });
  const block = checkpointed((weight: Tensor, x: Tensor) => gelu(matmul(x, weight)));

  /** One step of something like a model: ids made inside, scopes, a checkpoint, dropout, views, and plain descent. */
  const step = (params: ReturnType<typeof paramsOf>): { params: typeof params; loss: Tensor } =>
    scoped(() => {
      const { value, gradients } = valueAndGrad(params, ({ table, norm, layers }) => {
        const ids = tensor([[1, 2, 3, 6, 0]], { device, dtype: "int32" });
        let x = take(table, ids);
        for (const weight of layers)
          x = add(
            x,
            block(
              weight,
              scoped(() => layerNorm(x, norm, null)),
            ),
          );
        const [left, right] = split(dropout(x, 0.2, random(1)), 2) as [Tensor, Tensor];
        const best = topK(softmax(x), 2).values;
        const states = add(concat([mul(left, right), right]), sum(best));
        return crossEntropy(matmul(states, transpose(table)), ids);
      });
      const update = (p: Tensor, g: Tensor): Tensor => sub(p, mul(g, 0.1));
      return {
        loss: value,
        params: {
          table: update(params.table, gradients.table),
          norm: update(params.norm, gradients.norm),
          layers: params.layers.map((p, i) => update(p, gradients.layers[i]!)),
        },
      };
    });

  test("a training step leaks nothing: what stays is what it returns", async () => {
    scoped(() => {
      const params = paramsOf();
      const before = device.memory();
      scoped(() => {
        const next = step(params);
        const bytes = device.memory().live - before.live;
        // new parameters beside the old ones, and one number
        expect(bytes).toBe(before.live + 4);
        expect(Object.values(next)).toHaveLength(2);
      });
      expect(device.memory()).toMatchObject({ live: before.live, buffers: before.buffers });
    });
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
  });

  test("an error, wherever it is thrown, frees everything that was made inside", () => {
    const params = paramsOf();
    const { live, buffers } = device.memory();
    const stop = (): never => {
      throw new Error("stop");
    };
    const failing: Record<string, () => unknown> = {
      "in a scope": () => scoped(() => [exp(params.norm), scoped(() => add(exp(params.norm), stop()))]),
      "in a function to differentiate": () => valueAndGrad(params, ({ norm }) => add(sum(exp(norm)), stop())),
      "in a gradient": () => valueAndGrad(params, ({ norm }) => sum(checkpointed((x: Tensor) => (++runs > 1 ? stop() : exp(x)))(norm))),
      "in an op": () => scoped(() => matmul(exp(params.norm), params.table)),
      "after a gradient": () => scoped(() => [valueAndGrad(params, ({ norm }) => sum(norm)), stop()]),
      "where a gradient has no sum": () => valueAndGrad(params, ({ norm }) => exp(norm)),
    };
    let runs = 0;
    for (const [where, run] of Object.entries(failing)) {
      expect(run, where).toThrow();
      expect(device.memory(), where).toMatchObject({ live, buffers });
    }
  });

  test("what a scope returns survives it, in trees and through views; the rest is gone", async () => {
    const x = some([2, 3], device);
    let lost: Tensor | undefined;
    const kept = scoped(() => {
      const y = exp(x);
      lost = add(y, 1);
      return { view: slice(y, 0, { start: 1 }), deep: [null, { twice: mul(x, 2), same: x }], text: "as it is" };
    });
    expect([...(await kept.view.data())]).toEqual([...(await exp(x).data())].slice(3));
    expect(kept.text).toBe("as it is");
    expect(await x.data()).toHaveLength(6);
    await expect(async () => lost!.data()).rejects.toThrow(
      "tensor: its memory was freed at the end of its scope; return it from that function or copy() it first",
    );
  });

  test("what is kept lives as long as its keeper's scope, through gradients and scopes in between, and no longer", async () => {
    const x = some([4], device);
    const { live } = device.memory();
    const forever = keeper();
    const seen: { inner?: Tensor; outer?: Tensor } = {};
    const alive = () => [seen.inner, seen.outer].map((tensor) => tensor?.storage.live);
    scoped(() => {
      const { keep } = keeper();
      scoped(() =>
        valueAndGrad(x, (start) =>
          scoped(() => {
            seen.inner = exp(start);
            seen.outer = mul(seen.inner, 2);
            keep(slice(seen.inner, 0, { start: 1 })); // a view keeps the whole
            forever.keep([seen.outer, { x }]);
            return sum(exp(seen.outer));
          }),
        ),
      );
      expect(alive()).toEqual([true, true]);
      expect(device.memory().live).toBe(live + 32 + 20); // beside the value and its gradient
      // what an outer scope owns already stays there
      scoped(() => keep(seen.inner));
      expect(seen.inner?.storage.live).toBe(true);
    });
    expect(alive()).toEqual([false, true]);
    expect(await seen.outer?.data()).toHaveLength(4);
    // a keeper whose scope has ended leaves it to the collector
    const late = scoped(() => keeper());
    scoped(() => {
      seen.inner = exp(x);
      late.keep(seen.inner);
    });
    expect(seen.inner?.storage.live).toBe(true);
  });

  test("a tensor returned through many scopes belongs to the outermost", () => {
    const x = some([4], device);
    const { live } = device.memory();
    scoped(() => {
      const y = scoped(() => scoped(() => scoped(() => exp(add(x, 1)))));
      expect(device.memory().live).toBe(live + 16);
      expect(y.storage.live).toBe(true);
    });
    expect(device.memory().live).toBe(live);
  });

  test("what goes through steps takes the memory of one of them, and what they were given stays", async () => {
    const x = some([4], device);
    const { live } = device.memory();
    /** Three arrays of 16 bytes: two that end with the step, one that the next is given. */
    const step = (x: Tensor): Tensor => sub(exp(mul(x, 0.5)), 1);
    const through3 = (count: number): Tensor => through(x, new Array<typeof step>(count).fill(step));
    const peak = (count: number): number => {
      device.resetPeak();
      scoped(() => void through3(count));
      return device.memory().peak - live;
    };
    expect([peak(1), peak(2), peak(9)]).toEqual([48, 64, 64]);
    expect(device.memory().live).toBe(live);
    expect(await through3(3).data()).toEqual(await step(step(step(x))).data());
    // nothing to do, and steps that hand on what they were given
    expect(through(x, [])).toBe(x);
    expect(through(x, [(x) => x, (x) => x])).toBe(x);
    expect(x.storage.live).toBe(true);
    // what is kept outlives its step
    const { keep } = keeper();
    const kept: Tensor[] = [];
    const spy = (x: Tensor): Tensor => {
      keep(x);
      kept.push(x);
      return exp(x);
    };
    scoped(() => through(x, [step, spy, step]));
    expect(kept[0]?.storage.live).toBe(true);
    // a gradient needs everything
    const { gradients } = valueAndGrad({ x }, ({ x }) => sum(through(x, [step, step, spy])));
    const plain = valueAndGrad({ x }, ({ x }) => sum(exp(step(step(x)))));
    expect(await gradients.x.data()).toEqual(await plain.gradients.x.data());
    // an error frees what was made
    const before = device.memory().live;
    const stop = (): never => {
      throw new Error("stop");
    };
    expect(() => through(x, [step, step, stop, step])).toThrow("stop");
    expect(device.memory().live).toBe(before);
  });

  test("memory falls as a gradient is walked: a chain takes as much with twice the length of what it needs", () => {
    const x = some([256], device);
    const peak = (length: number): number => {
      device.resetPeak();
      const before = device.memory().live;
      scoped(() =>
        valueAndGrad(x, (start) => {
          let y: Tensor = start;
          for (let i = 0; i < length; i++) y = exp(y);
          return sum(y);
        }),
      );
      return (device.memory().peak - before) / 1024;
    };
    // each link is kept for the gradient once, and cotangents come and go
    expect(peak(40) - peak(20)).toBeLessThanOrEqual(20.5);
  });

  test("what nobody owns is freed when it is collected", async () => {
    const { live } = device.memory();
    const make = (): void => {
      for (let i = 0; i < 20; i++) void reshape(exp(zeros([8, 8], { device })), [64]);
    };
    make();
    expect(device.memory().live).toBeGreaterThan(live);
    await vi.waitFor(async () => {
      await collect();
      expect(device.memory().live).toBe(live);
    });
  });
});

test("ids that are inputs and targets are there for both gradients", async () => {
  const device = reference();
  const table = some([5, 3], device);
  const { gradients } = valueAndGrad({ table }, (params) => {
    const ids = tensor([1, 4, 1], { device, dtype: "int32" });
    return crossEntropy(matmul(take(params.table, ids), transpose(params.table)), ids);
  });
  expect((await gradients.table.data()).some((x) => x !== 0)).toBe(true);
});

test("an asynchronous function is refused, and what is left of it is not heard of again", async () => {
  const device = reference();
  const x = some([2], device);
  const { live } = device.memory();
  expect(() =>
    scoped(async () => {
      const y = exp(x);
      await Promise.resolve();
      return sum(y);
    }),
  ).toThrow("scoped: expected a function that is done when it returns, got an async one; await after the scope");
  expect(device.memory().live).toBe(live);
});

test("a collected tensor of a device that is gone harms nobody", async () => {
  await (async () => {
    await using device = reference();
    void exp(some([2], device));
  })();
  await collect();
});
