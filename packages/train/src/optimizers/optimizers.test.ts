import { type Device, reference } from "@ashlar/backend";
import { mul, range, sub, sum, type Tensor, tensor, valueAndGrad, zeros } from "@ashlar/tensor";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adamW, chain, clipByNorm, globalNorm, l2, matrices, muon, type Optimizer, partition, perParameter, sgd, train } from "../index.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  await device[Symbol.asyncDispose]();
});

const given = (...data: number[]): Tensor => tensor(data, { device });
const data = async (x: Tensor): Promise<number[]> => [...(await x.data())];

test("weight decay takes matrices and leaves biases and the weights of norms", async () => {
  const params = { weight: tensor([[1, 1]], { device }), bias: given(1) };
  const gradients = { weight: zeros([1, 2], { device }), bias: zeros([1], { device }) };
  const optimizer = adamW({ rate: 0.5, decay: 0.1 });
  const { params: after } = optimizer.update<typeof params>(gradients, optimizer.init(params), params, { step: 0 });
  expect(await data(after.weight)).toEqual([Math.fround(0.95), Math.fround(0.95)]);
  expect(await data(after.bias)).toEqual([1]);
});

test("two parameters with one gradient each get what is theirs", async () => {
  // the gradient of a and of b is one tensor
  const shared = given(1, 1);
  const params = { a: given(1, 2), b: given(3, 4) };
  for (const donate of [false, true]) {
    const own = { a: mul(params.a, 1), b: mul(params.b, 1) };
    const optimizer = chain(
      l2(1),
      clipByNorm(100),
      partition((path) => path as "a" | "b", { a: sgd({ rate: 1, momentum: 0.5 }), b: adamW({ rate: 0 }) }),
    );
    const gradients = { a: mul(shared, 1), b: shared };
    if (!donate) gradients.a = shared;
    const first = optimizer.update(gradients, optimizer.init(own), own, { step: 0, donate });
    expect(await data(first.params.a)).toEqual([-1, -1]);
    expect(await data(first.params.b)).toEqual([3, 4]);
  }
});

test("a gradient that several optimizers need is not freed by the first", async () => {
  const shared = given(1, 1);
  const params = { a: given(1, 2), b: given(3, 4), c: given(5, 6) };
  const optimizer = partition((path) => (path === "b" ? "second" : "first"), { first: sgd({ rate: 1 }), second: adamW({ rate: 0 }) });
  const { params: after } = optimizer.update<typeof params>({ a: shared, b: shared, c: shared }, optimizer.init(params), params, { step: 0, donate: true });
  expect(await Promise.all([after.a, after.b, after.c].map(data))).toEqual([
    [0, 1],
    [3, 4],
    [4, 5],
  ]);
});

test("what is given up is written over: a step's peak stays far below a second copy of everything", async () => {
  const size = 1000;
  const params = { a: zeros([size], { device }), b: zeros([size], { device }), c: zeros([size], { device }), d: zeros([size], { device }) };
  const loss = (p: typeof params): Tensor => sum(mul(sub(p.a, 1), sub(mul(p.b, p.c), p.d)));
  let peak = 0;
  for await (const step of train({ params, optimizer: adamW({ rate: 0.1 }), batches: [1, 2, 3], loss, steps: 3 })) {
    if (step.index === 1) device.resetPeak();
    peak = device.memory().peak;
  }
  // 4 parameters, 8 moments, 4 gradients, and what the loss makes on the way
  expect(peak).toBeLessThan((4 + 8 + 4 + 4) * size * 4);
});

test("what isn't given up stays as it is", async () => {
  const params = { a: given(1, 2) };
  const gradients = { a: given(3, 4) };
  const optimizer = chain(clipByNorm(1), adamW({ rate: 0.1 }));
  const first = optimizer.update<typeof params>(gradients, optimizer.init(params), params, { step: 0, donate: true });
  expect(gradients.a.storage.live || params.a.storage.live).toBe(false);
  const before = await data(first.params.a);
  const again = { a: given(3, 4) };
  const second = optimizer.update<typeof params>(again, first.state, first.params, { step: 1 });
  const third = optimizer.update<typeof params>(again, first.state, first.params, { step: 1 });
  expect(await data(second.params.a)).toEqual(await data(third.params.a));
  expect(await data(first.params.a)).toEqual(before);
});

test("what has no gradient stays: whole numbers, and the frozen part of a partition", async () => {
  const params = { ids: range(0, 3, { device }), frozen: given(1, 2), trained: given(1, 2) };
  const optimizer = partition((path) => (path === "trained" ? "trained" : "frozen"), { trained: sgd({ rate: 0.1 }) });
  for await (const step of train({ params, optimizer, batches: [0, 1], loss: (p) => sum(mul(p.frozen, p.trained)) })) {
    expect(await data(step.params.ids)).toEqual([0, 1, 2]);
    expect(await data(step.params.frozen)).toEqual([1, 2]);
    expect(await data(step.params.trained)).not.toEqual([1, 2]);
  }
});

test("the norm counts a shared parameter once", async () => {
  const shared = given(3, 4);
  const params = { a: shared, b: shared, c: given(0) };
  const { gradients } = valueAndGrad(params, (p) => sum(mul(p.a, p.b)));
  // d(x · x) = 2x
  expect(await globalNorm<typeof params>(gradients, params).item()).toBe(10);
});

test("a gradient can go through a step: learning to learn", async () => {
  const params = { x: given(2) };
  const step = sgd({ rate: 0.25 });
  const { gradients } = valueAndGrad(params, (p) => {
    const inner = valueAndGrad(p, ({ x }) => sum(mul(x, x)));
    const after = step.update<typeof params>(inner.gradients, step.init(p), p, { step: 0 });
    return sum(mul(after.params.x, after.params.x));
  });
  // x − 0.25 · 2x = x / 2, whose square has the derivative x / 2
  expect(await data(gradients.x)).toEqual([1]);
});

test("a chain ends with its one optimizer, or it neither compiles nor runs", () => {
  const links = "chain: expected transformations of the gradients and then one optimizer, the last; clipByNorm(1), adamW(…)";
  // @ts-expect-error the optimizer is not the last
  expect(() => chain(sgd({ rate: 1 }), clipByNorm(1))).toThrow(links);
  // @ts-expect-error there are two
  expect(() => chain(sgd({ rate: 1 }), sgd({ rate: 1 }))).toThrow(links);
  // @ts-expect-error there is none
  expect(() => chain(clipByNorm(1))).toThrow(links);
});

test("mistakes are one clear line each", () => {
  const line = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing was thrown";
  };
  const params = { weight: tensor([[1]], { device }), bias: given(1) };
  const step = (optimizer: Optimizer, state: unknown) => () => optimizer.update(params as never, state as never, params, { step: 0 });
  expect(line(() => adamW({ rate: -1 }))).toMatchInlineSnapshot(`"adamW: rate must be a number of at least 0, got -1"`);
  expect(line(() => adamW({ rate: 1, beta1: 1 }))).toMatchInlineSnapshot(`"adamW: beta1 must lie in [0, 1), got 1"`);
  expect(line(() => adamW({ rate: 1, weightDecay: 1 } as never))).toMatchInlineSnapshot(
    `"adamW: unknown option "weightDecay"; it takes rate, beta1, beta2, epsilon, decay, mask"`,
  );
  expect(line(() => sgd({ rate: 1, nesterov: true }))).toMatchInlineSnapshot(`"sgd: nesterov needs a momentum above 0 and a dampening of 0"`);
  expect(line(() => clipByNorm(0))).toMatchInlineSnapshot(`"clipByNorm: max must be above 0, got 0"`);
  expect(line(() => muon({ rate: 1 }).init(params))).toMatchInlineSnapshot(
    `"muon: expected matrices, got [1] at "bias"; give it to another optimizer with partition"`,
  );
  expect(
    line(() => partition((path, shape) => (matrices(path, shape) ? "inner" : ("rest" as "inner")), { inner: sgd({ rate: 1 }) }).init(params)),
  ).toMatchInlineSnapshot(`"partition: "bias" goes to "rest", but the optimizers are inner"`);
  expect(line(step(sgd({ rate: 1 }), {}))).toMatchInlineSnapshot(
    `"sgd: the state has nothing for "weight"; was it made for other parameters or another optimizer?"`,
  );
  expect(line(step(perParameter({ name: "mine", init: () => null, update: (p) => [p, null] }), null))).toMatchInlineSnapshot(
    `"mine: the state has nothing for "weight"; was it made for other parameters or another optimizer?"`,
  );
});
