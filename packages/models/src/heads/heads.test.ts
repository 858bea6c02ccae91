import { multiHeadAttention, rotary } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { postNorm, stack, swiglu } from "@ashlar/blocks";
import { and, causal, full, padding } from "@ashlar/mask";
import { bind, fresh, init, replace, rmsNorm, taken } from "@ashlar/nn";
import { add, affine, mul, random, type Tensor, tanh, tensor } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { languageModel } from "../language-model.ts";
import { ids } from "../testing/golden-model.ts";
import { transformer } from "../transformer.ts";
import { sequenceClassifier, spanClassifier, tokenClassifier } from "./classifiers.ts";
import { linearHead, tiedHead } from "./head.ts";
import { firstPool, lastPool, meanPool, type Pool, tanhPool } from "./pool.ts";

const device = reference();
const dim = 8;
const block = postNorm({ attention: multiHeadAttention({ dim, heads: 2, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
const parts = { vocab: 20, dim, stack: stack({ blocks: 2, of: block }) };
const tokens = ids(
  [
    [3, 1, 4, 1, 5],
    [9, 2, 6, 0, 0],
  ],
  device,
);
const [lengths, mask] = [[5, 3], padding([5, 3])];

describe("pools", () => {
  const states = tensor(
    [
      [
        [1, 2],
        [3, 4],
        [5, 9],
      ],
      [
        [-1, 0],
        [7, 8],
        [100, 100],
      ],
    ],
    { device },
  );
  const pooled = (pool: Pool, lengths?: readonly number[]) => bind(pool, init(pool, fresh(0, { device })))(states, lengths).data();

  test("the first, the mean and the last state of each row, without its padding", async () => {
    const own = [3, 2];
    expect([...(await pooled(firstPool(), own))]).toEqual([1, 2, -1, 0]);
    expect([...(await pooled(meanPool(), own))]).toEqual([3, 5, 3, 4]);
    expect([...(await pooled(lastPool(), own))]).toEqual([5, 9, 7, 8]);
    expect([...(await pooled(lastPool()))]).toEqual([5, 9, 100, 100]); // whole rows unless said
  });

  test("lengths that don't fit are told", () => {
    expect(() => pooled(meanPool(), [3])).toThrow("meanPool: expected the lengths of 2 rows, from 1 to 3, got [3]");
    expect(() => pooled(lastPool(), [3, 0])).toThrow("lastPool: expected the lengths of 2 rows, from 1 to 3, got [3, 0]");
  });

  test("BERT's pooler is the first state through a linear layer and tanh", async () => {
    const pool = tanhPool(2);
    const params = init(pool, fresh(1, { device }));
    const wanted = tanh(affine(tensor([[1, 2], [-1, 0]], { device }), params.dense.weight, params.dense.bias)); // biome-ignore format: a matrix
    expect(await bind(pool, params)(states, undefined).data()).toEqual(await wanted.data());
  });
});

describe("heads", () => {
  test("a tied head scores with the embeddings, scaled if asked; one of its own with its own weights", async () => {
    const read = async (head: ReturnType<typeof tiedHead> | ReturnType<typeof linearHead>) => {
      const model = languageModel({ ...parts, head });
      const params = init(model, fresh(0, { device }));
      const states = bind(model.read, params)(tokens, { mask });
      return { params, states, logits: await bind(model, params)(tokens, { mask }).data() };
    };
    const plain = await read(tiedHead());
    expect(plain.logits).toEqual(await affine(plain.states, plain.params.body.inputs.tokens.weight, null).data());
    const scaled = await read(tiedHead({ scale: 0.5 }));
    toClose(scaled.logits, plain.logits.map((logit) => 0.5 * logit), { rtol: 1e-6, atol: 0 }, "half"); // biome-ignore format: one line
    const own = await read(linearHead(dim, 20, { bias: true }));
    const { weight, bias } = (own.params.head as { output: { weight: Tensor; bias: Tensor } }).output;
    expect(own.logits).toEqual(await affine(own.states, weight, bias).data());
  });

  test("the embeddings are one parameter however often they are used, and segments, scale and norm act on the sum", async () => {
    const model = transformer({ ...parts, segments: 2, scale: 3, norm: rmsNorm(dim) });
    const params = init(model, fresh(0, { device }));
    const { inputs } = model.parts;
    const segments = ids([[0, 0, 1, 1, 1], [1, 0, 0, 0, 0]], device); // biome-ignore format: a matrix
    const got = bind(inputs, params.inputs)(tokens, { mask, segments });
    const row = (weight: Tensor, index: number) => weight.data().then((data) => tensor([...data.slice(index * dim, (index + 1) * dim)], { device }));
    const sum = add(mul(await row(params.inputs.tokens.weight, 4), 3), await row(params.inputs.segments!.weight, 1));
    const wanted = await bind(rmsNorm(dim), params.inputs.norm)(sum).data();
    toClose((await got.data()).slice(2 * dim, 3 * dim), wanted, { rtol: 1e-6, atol: 1e-7 }, "token 4 in segment 1");
  });
});

test("segments that a model has no embeddings for are refused", () => {
  const run = bind(transformer(parts), init(transformer(parts), fresh(0, { device })));
  expect(() => run(tokens, { mask, segments: tokens })).toThrow(
    "inputs: the call has segments, but this model has no embeddings for them; make it with segments, or leave them out",
  );
});

test("one pretrained body, three heads: what is transferred is the body's numbers, what is new is fresh", async () => {
  const model = languageModel(parts);
  const pretrained = init(model, fresh(0, { device }));
  const body = model.parts.body;
  const source = () => replace(taken(pretrained.body, { under: "body" }), fresh(1, { device }));
  const classify = sequenceClassifier({ body, dim, classes: 3, pool: meanPool() });
  const label = tokenClassifier({ body, dim, classes: 4 });
  const find = spanClassifier({ body, dim });
  const [classParams, labelParams, spanParams] = [init(classify, source()), init(label, source()), init(find, source())];
  for (const params of [classParams, labelParams, spanParams]) expect(params.body).toEqual(pretrained.body);
  expect(bind(classify, classParams)(tokens, { mask, lengths }).shape).toEqual([2, 3]);
  expect(bind(label, labelParams)(tokens, { mask }).shape).toEqual([2, 5, 4]);
  expect(bind(find, spanParams)(tokens, { mask }).end.shape).toEqual([2, 5]);
});

test("a span's start and end are the two columns of one linear layer", async () => {
  const model = spanClassifier({ body: transformer(parts), dim });
  const params = init(model, fresh(0, { device }));
  const { start, end } = bind(model, params)(tokens, { mask });
  const columns = await affine(bind(model.parts.body, params.body)(tokens, { mask }), params.classifier.weight, params.classifier.bias).data();
  expect([...(await start.data())]).toEqual([...columns].filter((_, index) => index % 2 === 0));
  expect([...(await end.data())]).toEqual([...columns].filter((_, index) => index % 2 === 1));
});

test("dropout acts with random numbers alone, differs by place, and the same numbers give the same states", async () => {
  const model = sequenceClassifier({ body: transformer({ ...parts, dropout: 0.5 }), dim, classes: 3, pool: meanPool(), dropout: 0.5 });
  const params = init(model, fresh(0, { device }));
  const run = (seed?: number) => bind(model, params)(tokens, { mask, ...(seed === undefined ? {} : { random: random(seed) }) }).data();
  expect(await run(1)).toEqual(await run(1));
  expect(await run(1)).not.toEqual(await run(2));
  expect(await run()).toEqual(await run());
  expect(await run(1)).not.toEqual(await run());
});

test("padding changes nothing for the rows that have it", async () => {
  const model = sequenceClassifier({ body: transformer(parts), dim, classes: 3, pool: lastPool() });
  const run = bind(model, init(model, fresh(0, { device })));
  const alone = await run(ids([[9, 2, 6]], device), { mask: causal }).data();
  const beside = await run(tokens, { mask: and(causal, mask), lengths }).data();
  toClose(beside.slice(3), alone, { rtol: 1e-5, atol: 1e-6 }, "row 1");
  const full3 = await run(ids([[9, 2, 6]], device), { mask: full }).data();
  expect(full3).not.toEqual(alone);
});
