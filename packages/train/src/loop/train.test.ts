import { type Device, reference } from "@ashlar/backend";
import { add, contiguous, fromData, log, matmul, mean, mul, ones, reshape, sub, sum, type Tensor, tensor, transpose } from "@ashlar/tensor";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adamW, chain, clipByNorm, evaluate, restoreState, saveState, sgd, TrainError, type TrainOptions, train } from "../index.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  await device[Symbol.asyncDispose]();
});

type Line = { readonly slope: Tensor; readonly offset: Tensor };
type Point = readonly [x: number, y: number];

const line = (): Line => ({ slope: tensor(0.5, { device }), offset: tensor(-1, { device }) });

/** The mean squared error of a line on points. */
function loss({ slope, offset }: Line, points: readonly Point[]): Tensor {
  const column = (axis: 0 | 1): Tensor => tensor(points.map((point) => point[axis] as number) as readonly number[], { device });
  const error = sub(add(mul(slope, column(0)), offset), column(1));
  return mean(mul(error, error));
}

const points: Point[][] = [0, 1, 2, 3, 4].map((i) => [
  [i, 2 * i + 1],
  [-i, 1 - 2 * i],
]);
const base = { optimizer: sgd({ rate: 0.01 }), batches: points, loss };

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function losses<Params>(run: AsyncIterable<{ loss(): Promise<number>; params: Params }>): Promise<number[]> {
  const read: number[] = [];
  for await (const step of run) read.push(await step.loss());
  return read;
}

const message = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return TrainError.is(error) ? error.message : String(error);
  }
  return "nothing was thrown";
};

test("a step reports its index, rate, loss, norm and what the loss gave beside itself", async () => {
  const optimizer = chain(clipByNorm(1), sgd({ rate: (step) => 0.1 / (step + 1) }));
  const run = train({ ...base, params: line(), optimizer, loss: (params: Line, batch: Point[]) => [loss(params, batch), { size: batch.length }] });
  const rows: unknown[] = [];
  for await (const step of run)
    rows.push([step.index, step.rate, await step.loss(), (await step.gradientNorm())! > 0, step.extras, step.batches, step.state.step]);
  expect(rows.slice(0, 2)).toEqual([
    [0, 0.1, 4, true, [{ size: 2 }], 1, 1],
    [1, 0.05, expect.any(Number), true, [{ size: 2 }], 1, 2],
  ]);
  for await (const step of train({ ...base, params: line() })) expect(await step.gradientNorm()).toBeUndefined();
});

test("batches of one step count by their weights: the gradient is that of all together", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), async (sizes) => {
      const batches = sizes.map((size, row) => Array.from({ length: size }, (_, i): Point => [Math.sin(row + 3 * i), Math.cos(row - i)]));
      const read = async (options: Partial<TrainOptions<Line, Point[]>>): Promise<number[]> => {
        const [made] = await all(train({ ...base, params: line(), batches, ...options } as TrainOptions<Line, Point[]>));
        return [await made!.loss(), await made!.params.slope.item(), await made!.params.offset.item()];
      };
      const parts = await read({ accumulate: sizes.length, weight: (batch) => batch.length });
      const whole = await read({ batches: [batches.flat()] });
      // float32 sums in another order
      for (const [index, part] of parts.entries()) expect(part).toBeCloseTo(whole[index]!, 5);
    }),
    { numRuns: 20 },
  );
});

test("the last step may have fewer batches, and steps end a run before its batches", async () => {
  const sizes: number[] = [];
  for await (const step of train({ ...base, params: line(), accumulate: 2 })) sizes.push(step.batches);
  expect(sizes).toEqual([2, 2, 1]);
  expect(await losses(train({ ...base, params: line(), steps: 3 }))).toHaveLength(3);
  expect(await losses(train({ ...base, params: line(), steps: 0 }))).toEqual([]);
});

test("however a run is left, the latest parameters can be used", async () => {
  const controller = new AbortController();
  let latest: Line | undefined;
  for await (const step of train({ ...base, params: line(), signal: controller.signal })) {
    latest = step.params;
    if (step.index === 2) controller.abort();
  }
  const aborted = await latest!.slope.item();
  for await (const step of train({ ...base, params: line() })) {
    latest = step.params;
    if (step.index === 2) break;
  }
  expect(await latest!.slope.item()).toBe(aborted);
  const broken = (async () => {
    for await (const step of train({ ...base, params: line() })) {
      latest = step.params;
      if (step.index === 2) throw new Error("mine");
    }
  })();
  await expect(broken).rejects.toThrow("mine");
  expect(await latest!.slope.item()).toBe(aborted);
});

test("a loss that throws leaves the parameters of the step before, and nothing else", async () => {
  const params = line();
  const failing = (current: Line, batch: Point[]): Tensor => {
    if (batch === points[2]) throw new Error("no such word");
    return loss(current, batch);
  };
  let latest: Line | undefined;
  const run = (async () => {
    for await (const step of train({ ...base, params, loss: failing })) latest = step.params;
  })();
  await expect(run).rejects.toThrow("no such word");
  expect(await latest!.slope.item()).toBeTypeOf("number");
  // two parameters of the caller's, two of the run's
  expect(device.memory().buffers).toBe(4);
});

test("batches without a position are drawn again up to where the run stood", async () => {
  const whole = await losses(train({ ...base, params: line() }));
  const first = await all(train({ ...base, params: line(), steps: 2 }));
  expect(await losses(train({ ...base, state: first[1]!.state }))).toEqual(whole.slice(2));
});

test("a check sees the first batch and the loss once, before the first step of a new run, and what it throws ends the run", async () => {
  const seen: unknown[] = [];
  const check = async ({ params, batch, loss: given }: { params: Line; batch: Point[]; loss: unknown }): Promise<void> => {
    seen.push([await params.slope.item(), batch, given === loss]);
  };
  const steps = await all(train({ ...base, params: line(), steps: 2, check }));
  expect(seen).toEqual([[0.5, points[0], true]]);
  await all(train({ ...base, state: steps[1]!.state, check }));
  expect(seen).toHaveLength(1);
  let closed = false;
  const batches = function* () {
    try {
      yield* points;
    } finally {
      closed = true;
    }
  };
  const { buffers } = device.memory();
  const refused = all(train({ ...base, params: line(), batches, check: () => Promise.reject(new Error("it cheats")) }));
  await expect(refused).rejects.toThrow("it cheats");
  expect(closed).toBe(true);
  expect(device.memory().buffers).toBe(buffers + 4); // the caller's two parameters, and the run's own copies
});

test("iterators that the run made are closed, those it was handed are not", async () => {
  const closed: string[] = [];
  function* numbered(name: string): Generator<Point[]> {
    try {
      yield* points;
    } finally {
      closed.push(name);
    }
  }
  const mine = numbered("handed");
  for await (const _ of train({ ...base, params: line(), batches: mine, steps: 1 })) break;
  for await (const _ of train({ ...base, params: line(), batches: () => numbered("made"), steps: 1 })) break;
  expect(closed).toEqual(["made"]);
  expect(mine.next().value).toBe(points[1]);
});

test("others have their turn while steps are made", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const endless = (function* () {
    for (const until = performance.now() + 200; performance.now() < until; ) yield points[0]!;
  })();
  for await (const _ of train({ ...base, params: line(), batches: endless }));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
});

test("mistakes are one clear line each", async () => {
  const run = (options: object) => message(() => losses(train({ ...base, params: line(), ...options } as TrainOptions<Line, Point[]>)));
  const [made] = await all(train({ ...base, params: line(), steps: 1 }));
  const positioned = { ...made!.state, data: { position: { epoch: 1 }, drawn: 1 } };
  const saved = saveState(made!.state);
  const restore = (change: object, params: unknown = line()) => message(() => restoreState({ ...saved, ...change }, { params }));
  const undefinedLoss = (params: Line): Tensor => log(sub(mul(params.slope, 0), 1));
  expect(await run({ rate: 1 })).toMatchInlineSnapshot(
    `"train: unknown option "rate"; it takes params, random, state, optimizer, batches, loss, steps, accumulate, weight, signal, donate, checkEvery, check"`,
  );
  expect(await run({ batches: [] })).toMatchInlineSnapshot(`"train: there are no batches; is the data set empty, or its iterator used up?"`);
  expect(await run({ params: undefined })).toMatchInlineSnapshot(`"train: give params for a new run, or state for a resumed one"`);
  expect(await run({ state: made!.state })).toMatchInlineSnapshot(`"train: give params for a new run, or state for a resumed one"`);
  expect(await run({ accumulate: 0 })).toMatchInlineSnapshot(`"train: accumulate must be a whole number of at least 1, got 0"`);
  expect(await run({ weight: () => 0 })).toMatchInlineSnapshot(`"train: the weights of a step's batches must be at least 0 and not all 0, got 0"`);
  expect(await run({ loss: undefinedLoss })).toMatchInlineSnapshot(
    `"train: the loss of step 0 is NaN, and the parameters after it are lost; go back to a saved state, and lower the rate, warm up longer or clipByNorm(1)"`,
  );
  expect(await run({ params: undefined, state: positioned })).toMatchInlineSnapshot(
    `"train: the saved run stood at {"epoch":1} in its data, these batches stand at null; make them from the saved position"`,
  );
  expect(await run({ params: undefined, state: made!.state, optimizer: chain(clipByNorm(1), sgd({ rate: 1 })) })).toMatchInlineSnapshot(
    `"chain: expected the state of 2 links, got [object Object]; was it saved by another optimizer?"`,
  );
  expect(await restore({ tensors: {} })).toMatchInlineSnapshot(
    `"restoreState: there is no tensor "params.slope" among the 0 given; are these the files of this run?"`,
  );
  expect(await restore({ json: { ...saved.json, version: 2 } })).toMatchInlineSnapshot(`"restoreState: expected a record of version 1, got 2"`);
  expect(await restore({}, { ...line(), slope: reshape(line().slope, [1]) })).toMatchInlineSnapshot(
    `"restoreState: expected float32 [1] for "slope", got float32 []; is the run that of another model?"`,
  );
  expect(await restore({}, { slope: line().slope })).toMatchInlineSnapshot(
    `"restoreState: expected nothing more for the parameters, got "offset"; is the run that of another model?"`,
  );
});

test("a loss that isn't finite stops a run that reads none, and one that was freed says so", async () => {
  const wild = { ...base, params: line(), batches: Array.from({ length: 100 }, () => points[4]!), optimizer: sgd({ rate: 1e9 }) };
  let steps = 0;
  const run = message(async () => {
    for await (const _ of train({ ...wild, checkEvery: 4 })) steps++;
  });
  expect(await run).toMatch(/^train: the loss of step \d+ is (NaN|Infinity), and the parameters after it are lost/);
  expect(steps % 4).toBe(3);
  const unread = await all(train({ ...base, params: line() }));
  expect(await message(() => unread[0]!.loss())).toBe("train: the loss of step 0 was freed by the next step; read it before going on");
  expect(await unread.at(-1)!.loss()).toBeTypeOf("number");
});

test("evaluation is the weighted mean of the batches' losses, and leaves nothing", async () => {
  const params = line();
  const batches = [points.slice(0, 3).flat(), points[4]!];
  const before = device.memory().live;
  const found = await evaluate({ params, batches, loss, weight: (batch) => batch.length });
  expect(device.memory().live).toBe(before);
  const whole = await loss(params, batches.flat()).item();
  expect(found).toEqual({ loss: expect.closeTo(whole, 5), weight: 8, batches: 2 });
  expect(await message(() => evaluate({ params, batches: [], loss }))).toMatchInlineSnapshot(
    `"evaluate: there are no batches; is the data set empty, its iterator used up, or the signal aborted?"`,
  );
  expect(await message(() => evaluate({ params, batches, loss, weight: () => 0 }))).toMatchInlineSnapshot(
    `"evaluate: the weights of the batches must sum to more than 0, got 0"`,
  );
  expect((await evaluate({ params, batches, loss: (p, batch) => [loss(p, batch), sum(p.slope)] })).batches).toBe(2);
});

test("a step of several batches holds the sum of their gradients beside the next ones, and no third copy", async () => {
  const [size, layers] = [32, 8];
  const peaks: number[] = [];
  const numbers = Array.from({ length: size }, () => new Array<number>(size).fill(0.01));
  const run = train({
    params: Array.from({ length: layers }, () => tensor(numbers, { device })),
    donate: true,
    optimizer: sgd({ rate: 0.01 }),
    batches: points.slice(0, 4),
    accumulate: 2,
    loss: (weights) => weights.map((weight) => mean(matmul(ones([1, size], { device }), weight))).reduce((total, each) => add(total, each)),
  });
  for await (const _ of run) {
    peaks.push(device.memory().peak / (4 * size * size * layers));
    device.resetPeak();
  }
  // the parameters, the gradients of the first batch and those of the second, and the sum of one layer's
  expect(peaks).toHaveLength(2);
  for (const peak of peaks) expect(peak).toBeLessThan(3 + 1.5 / layers);
});

test("a matrix that lies along its columns, as a checkpoint may have it, trains to the same bits, given up or not", async () => {
  const numbers = Float32Array.from({ length: 12 }, (_, index) => Math.sin(index));
  const turned = (): { weight: Tensor } => ({ weight: transpose(fromData(numbers, [3, 4], { device })) }); // [4, 3]
  const rows = (): { weight: Tensor } => ({ weight: contiguous(turned().weight) });
  const x = [1, 2, 3, 4, 5, 6, 7, 8].map((value) => value / 10);
  const run = async (params: { weight: Tensor }, donate: boolean): Promise<unknown> => {
    const loss = ({ weight }: { weight: Tensor }) => mean(mul(matmul(tensor([x.slice(0, 4), x.slice(4)], { device }), weight), 3));
    const steps = await all(train({ params, optimizer: adamW({ rate: 0.1 }), batches: [0, 1, 2], loss, donate }));
    return steps.at(-1)?.params.weight.data();
  };
  const expected = await run(rows(), false);
  expect(await run(turned(), false)).toEqual(expected);
  const given = turned();
  expect(await run(given, true)).toEqual(expected);
  expect(given.weight.storage.live).toBe(false);
});
