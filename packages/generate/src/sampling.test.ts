import { type Device, reference } from "@ashlar/backend";
import { fromData, scoped, tensor } from "@ashlar/tensor";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect, type Decoder, type GenerateOptions, generate, greedy, logProbabilities, selectRows, suppress, temperature, topP } from "./index.ts";
import { orderly, orderlyScores } from "./testing/decoders.ts";
import { mistake, piecesOf } from "./testing/pieces.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });

test("samples that share the reading of their prompt are what a batch of repeated prompts gives, piece for piece", async () => {
  await fc.assert(
    fc.asyncProperty(prompts, fc.integer({ min: 1, max: 4 }), fc.nat(), async (batch, samples, seed) => {
      const options = { sample: [temperature(1.5), topP(0.95)], seed, maxTokens: 5, stop: 3, logprobs: 0 };
      const repeated = batch.flatMap((prompt) => Array.from({ length: samples }, () => prompt));
      expect(await piecesOf(generate(orderly(device), batch, { ...options, samples }))).toEqual(await piecesOf(generate(orderly(device), repeated, options)));
    }),
    { numRuns: 30 },
  );
});

test("a prompt is read once for all its samples", async () => {
  const seen: number[] = [];
  const inner = orderly(device);
  const counting: typeof inner = {
    ...inner,
    begin: (texts) => {
      seen.push(texts.length);
      return inner.begin(texts);
    },
  };
  const rows = await collect(generate(counting, [1, 2], { samples: 5, sample: [temperature(2)], maxTokens: 4 }));
  expect([seen, rows.length, new Set(rows.map(({ tokens }) => tokens.join())).size > 1]).toEqual([[1], 5, true]);
});

test("log-probabilities are the model's own, whatever the processors leave, and the likeliest stand first", async () => {
  const sample = [suppress(2), temperature(0.5), greedy()];
  const pieces = await piecesOf(generate(orderly(device), [1, 2], { sample, logprobs: 3, maxTokens: 4 }));
  const text = [1, 2];
  for (const { token, logprob, top } of pieces) {
    const wanted = [...logProbabilities(orderlyScores(text)).entries()].sort((a, b) => b[1] - a[1]);
    // float32 sines against double ones, of angles up to 97 · 5: an ulp there is 3e-5
    for (const [index, { token, logprob }] of top!.entries()) {
      expect(token).toBe(wanted[index]![0]);
      expect(logprob).toBeCloseTo(wanted[index]![1], 3);
    }
    expect(logprob).toBeCloseTo(new Map(wanted).get(token)!, 3);
    text.push(token);
  }
  const [made] = await collect(generate(orderly(device), [1, 2], { sample, logprobs: 0, maxTokens: 4 }));
  expect(made!.logprobs).toEqual(pieces.map(({ logprob }) => logprob));
});

test("rates count the prompt once and every token but the first, and the caller's time not at all", async () => {
  const run = generate(orderly(device), [[1, 2, 3], [4]], { maxTokens: 6, samples: 2, sample: [temperature(1)] });
  expect(run.rates()).toEqual({ prefill: { tokens: 0, seconds: 0, perSecond: 0 }, decode: { tokens: 0, seconds: 0, perSecond: 0 } });
  let before = 0;
  let waited = 0;
  for await (const { step } of run) {
    if (step !== 2) continue;
    // a whole step was done at this point, and now nothing runs
    before = run.rates().decode.seconds;
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    waited += performance.now() - start;
    expect(run.rates().decode.seconds).toBe(before);
  }
  const { prefill, decode } = run.rates();
  expect([prefill.tokens, decode.tokens]).toEqual([4, 4 * 5]);
  expect(prefill.perSecond).toBeCloseTo(4 / prefill.seconds);
  expect(decode.perSecond).toBeCloseTo(20 / decode.seconds);
  expect(waited).toBeGreaterThan(0);
});

test("a stop may be tokens and functions together", async () => {
  const run = (stop: Exclude<GenerateOptions["stop"], undefined> | null) =>
    collect(generate(orderly(device), [1, 2], { maxTokens: 20, ...(stop !== null && { stop }) }));
  const [whole] = await run(null);
  const [fifth, third] = [whole!.tokens[4]!, whole!.tokens[2]!];
  const ends = whole!.tokens.indexOf(fifth);
  expect((await run([fifth, ({ step }) => step === 19]))[0]!.tokens.length).toBe(ends + 1);
  expect((await run([({ step }) => step === 2, 999]))[0]!.tokens.at(-1)).toBe(third);
  expect((await run([({ step }) => step === 2]))[0]).toEqual({ tokens: whole!.tokens.slice(0, 3), end: "stop" });
});

test("rows of a state are selected in tensors alone, and what may belong to a row is refused", async () => {
  const one = fromData(Float32Array.of(1, 2, 3, 4), [2, 2], { device });
  const state = { layers: [{ key: one }, { key: null }], length: 3, name: "cache" };
  const picked = scoped(() => selectRows(state, Int32Array.of(1, 0, 1), 2));
  expect([picked.length, picked.name, picked.layers[1]]).toEqual([3, "cache", { key: null }]);
  expect([...(await picked.layers[0]!.key!.data())]).toEqual([3, 4, 1, 2, 3, 4]);
  picked.layers[0]!.key!.storage.free("the test");
  const refused = (other: () => unknown): string => {
    try {
      scoped(() => selectRows(other(), Int32Array.of(0), 2));
      return "nothing was thrown";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refused(() => ({ cache: one, pads: [0, 1] }))).toMatchInlineSnapshot(
    `"selectRows: expected tensors [2, …] in a decoder's state, got a list with 0 at "pads"; give the decoder a select(state, rows)"`,
  );
  expect(refused(() => ({ mask: { allows: () => true } }))).toMatchInlineSnapshot(
    `"selectRows: expected tensors [2, …] in a decoder's state, got a function at "mask.allows"; give the decoder a select(state, rows)"`,
  );
  expect(refused(() => ({ past: new Map() }))).toMatchInlineSnapshot(
    `"selectRows: expected tensors [2, …] in a decoder's state, got a Map at "past"; give the decoder a select(state, rows)"`,
  );
  expect(refused(() => tensor([1, 2, 3], { device }))).toMatchInlineSnapshot(
    `"selectRows: expected tensors [2, …] in a decoder's state, got Tensor float32 [3] on reference at its root; give the decoder a select(state, rows)"`,
  );
  one.storage.free("the test");
});

test("options that contradict each other are one clear line", async () => {
  const run = (options: object) => mistake(orderly(device), [1], { maxTokens: 2, ...options });
  expect(await run({ samples: 3 })).toMatchInlineSnapshot(
    `"generate: 3 samples are all the same while the likeliest token is taken; leave it out, or sample: [temperature(1)]"`,
  );
  expect(await run({ samples: 0 })).toMatchInlineSnapshot(`"generate: samples must be a whole number of at least 1, got 0"`);
  expect(await run({ logprobs: -1 })).toMatchInlineSnapshot(`"generate: logprobs must be a whole number of at least 0, got -1"`);
  expect(await run({ logprobs: true })).toMatchInlineSnapshot(`"generate: logprobs must be a whole number of at least 0, got true"`);
  expect(await run({ stop: [] })).toMatchInlineSnapshot(`"generate: stop must be at least one token id, got none"`);
  expect(await run({ stop: [1.5, () => true] })).toMatchInlineSnapshot(`"generate: a token id of stop must be a whole number of at least 0, got 1.5"`);
  const lonely: Decoder<{ pads: number[] }> = {
    begin: () => ({ logits: tensor([[1, 2]], { device }), state: { pads: [0] } }),
    step: () => ({ logits: tensor([[1, 2]], { device }), state: { pads: [0] } }),
  };
  expect(await mistake(lonely, [1], { samples: 2, sample: [temperature(1)], maxTokens: 2 })).toMatchInlineSnapshot(
    `"selectRows: expected tensors [1, …] in a decoder's state, got a list with 0 at "pads"; give the decoder a select(state, rows)"`,
  );
});
