import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { dropout, fromData, matmul, mean, mul, random, reshape, scoped, sub, sum, type Tensor, tanh, tensor, uniform } from "@ashlar/tensor";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  adafactor,
  adamW,
  chain,
  clipByNorm,
  type Loss,
  matrices,
  muon,
  type Optimizer,
  partition,
  type RunState,
  restoreState,
  type SavedRun,
  type Step,
  saveState,
  sgd,
  train,
  warmupCosine,
  withAverage,
} from "./index.ts";

const devices: Record<string, () => Device | Promise<Device>> = { reference, wasm };
let device: Device;

interface Params {
  readonly input: Tensor;
  readonly norm: { readonly weight: Tensor };
  readonly shared: readonly [Tensor, Tensor];
}

/** A small network that drops, and whose middle layer stands at two places. */
function fresh(on = device): Params {
  const draw = (name: string, shape: number[]): Tensor => sub(mul(2, uniform(random(3).split(name), shape, { device: on })), 1);
  return scoped(() => {
    const middle = draw("middle", [4, 4]);
    return { input: draw("input", [3, 4]), norm: { weight: draw("norm", [4]) }, shared: [middle, middle] };
  });
}

const loss: Loss<Params, readonly number[], Tensor> = ({ input, norm, shared }, batch, { random: source }) => {
  const x = reshape(tensor(batch, { device: input.device }), [2, 3]);
  const hidden = tanh(dropout(matmul(x, input), 0.3, source));
  const out = matmul(tanh(mul(matmul(hidden, shared[0]), norm.weight)), shared[1]);
  const error = sub(sum(out, -1), 0.5);
  return [mean(mul(error, error)), error];
};

/** Batches that know where they stand. */
function batchesFrom(position = 0, end = 12): IterableIterator<number[]> & { state(): number } {
  let next = position;
  return {
    next: () => (next < end ? { done: false, value: six(next++) } : { done: true, value: undefined }),
    [Symbol.iterator]() {
      return this;
    },
    state: () => next,
  };
}

const six = (seed: number): number[] => Array.from({ length: 6 }, (_, i) => Math.sin(7 * seed + i));

const optimizers: Record<string, () => Optimizer> = {
  "adamW after clipping": () => chain(clipByNorm(0.5), adamW({ rate: warmupCosine({ peak: 0.05, warmup: 2, steps: 12 }) })),
  "sgd with momentum": () => sgd({ rate: 0.05, momentum: 0.9, nesterov: true }),
  adafactor: () => adafactor({ beta1: 0.9 }),
  "adamW with an average": () => withAverage(chain(clipByNorm(Number.POSITIVE_INFINITY), adamW({ rate: 0.01 })), { decay: 0.9, start: "zero" }) as Optimizer,
  "muon and adamW": () =>
    partition((path, shape) => (matrices(path, shape) ? "inner" : "outer"), { inner: muon({ rate: 0.02 }), outer: adamW({ rate: 0.01 }) }),
};

interface Trace {
  readonly losses: number[];
  readonly last: number[];
}

async function follow(run: AsyncIterable<Step<Params, Tensor>>, stopAfter = Number.POSITIVE_INFINITY): Promise<Trace & { state: RunState<Params> }> {
  const losses: number[] = [];
  let last: Step<Params, Tensor> | undefined;
  for await (const step of run) {
    losses.push(await step.loss());
    last = step;
    if (losses.length === stopAfter) break;
  }
  return { losses, last: await values(last!.params), state: last!.state };
}

async function values({ input, norm, shared }: Params): Promise<number[]> {
  const all = await Promise.all([input, norm.weight, ...shared].map((each) => each.data()));
  return all.flatMap((data) => [...data]);
}

/** A saved run as it comes back from files: JSON and bytes, on another device. */
async function throughFiles({ tensors, json }: SavedRun, to: Device): Promise<SavedRun> {
  const read = await Promise.all(
    Object.entries(tensors).map(async ([name, each]) => [name, fromData((await each.data()) as Float32Array, each.shape, { device: to })] as const),
  );
  return { tensors: Object.fromEntries(read), json: JSON.parse(JSON.stringify(json)) };
}

const everywhere = Object.entries(devices).flatMap(([name, make]) => Object.entries(optimizers).map(([rule, optimizer]) => ({ name, make, rule, optimizer })));

describe.each(everywhere)("$rule on $name", ({ make, optimizer }) => {
  beforeEach(async () => {
    device = await make();
  });
  afterEach(async () => {
    await device[Symbol.asyncDispose]();
  });
  const settings = { loss, optimizer: optimizer(), batches: batchesFrom };

  test("two runs with one seed are identical, and another seed is another run", async () => {
    const [first, second, other] = [
      await follow(train({ ...settings, params: fresh() })),
      await follow(train({ ...settings, params: fresh() })),
      await follow(train({ ...settings, params: fresh(), random: random(1) })),
    ];
    expect(first.losses).toHaveLength(12);
    expect(second).toMatchObject({ losses: first.losses, last: first.last });
    expect(other.losses).not.toEqual(first.losses);
  });

  test("a run that is stopped anywhere, saved and resumed equals one that never stopped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (stop, accumulate) => {
        const whole = await follow(train({ ...settings, accumulate, params: fresh() }));
        fc.pre(stop < whole.losses.length);
        const begun = await follow(train({ ...settings, accumulate, params: fresh() }), stop);
        await using later = await make();
        const restored = restoreState<Params>(await throughFiles(saveState(begun.state), later), { params: fresh(later) });
        const rest = await follow(train({ ...settings, accumulate, state: restored }));
        expect([...begun.losses, ...rest.losses]).toEqual(whole.losses);
        expect(rest.last).toEqual(whole.last);
      }),
      { numRuns: 6 },
    );
  });

  test("a step leaks nothing, and what is one tensor at two places stays one", async () => {
    const params = fresh();
    const live: number[] = [];
    for await (const step of train({ ...settings, params, accumulate: 2 })) {
      live.push(device.memory().live);
      expect(step.params.shared[0]).toBe(step.params.shared[1]);
    }
    expect(live).toHaveLength(6);
    expect(new Set(live.slice(1)).size).toBe(1);
  });

  test("parameters given stay as they are, and go when they are given up", async () => {
    const params = fresh();
    const before = await values(params);
    const kept = await follow(train({ ...settings, params }));
    expect(await values(params)).toEqual(before);
    const again = await follow(train({ ...settings, params, donate: true }));
    expect(again).toMatchObject({ losses: kept.losses, last: kept.last });
    await expect(async () => values(params)).rejects.toThrow(/its memory was (freed|donated)/);
  });
});
