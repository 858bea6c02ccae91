import { type Device, reference } from "@ashlar/backend";
import { concat, fromData, mul, reshape, sum, type Tensor, tensor } from "@ashlar/tensor";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  allowedTokens,
  type Context,
  collect,
  type Decoder,
  GenerateError,
  generate,
  greedy,
  type Piece,
  repetitionPenalty,
  suppress,
  temperature,
  topK,
} from "./index.ts";
import { afterLast } from "./testing/decoders.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  await device[Symbol.asyncDispose]();
});

const vocab = 7;

/** A model that remembers everything it read, as a model with a cache does: its scores depend on the sum of all tokens. */
function remembering(on = device): Decoder<{ readonly seen: Tensor }> {
  const read = (seen: Tensor) => {
    const total = reshape(sum(seen, -1), [seen.shape[0]!, 1]);
    return { logits: mul(tensor([[0.1, -0.2, 0.3, 0.05, -0.15, 0.25, 0]], { device: on }), total), state: { seen } };
  };
  return {
    begin(prompts) {
      const width = Math.max(...prompts.map((prompt) => prompt.length));
      return read(
        fromData(Float32Array.from(prompts.flatMap((prompt) => [...Array(width - prompt.length).fill(0), ...prompt])), [prompts.length, width], { device: on }),
      );
    },
    step: (tokens, { seen }) => read(concat([seen, fromData(Float32Array.from(tokens), [tokens.length, 1], { device: on })], -1)),
  };
}

async function pieces(run: AsyncIterable<Piece>): Promise<Piece[]> {
  const all: Piece[] = [];
  for await (const piece of run) all.push(piece);
  return all;
}

describe("a run", () => {
  test("gives the tokens of a row one by one, and says why it ends with the last", async () => {
    expect(await pieces(generate(remembering(), [1, 2], { maxTokens: 3 }))).toEqual([
      { row: 0, step: 0, token: 2 },
      { row: 0, step: 1, token: 2 },
      { row: 0, step: 2, token: 2, end: "length" },
    ]);
    expect(await pieces(generate(remembering(), Int32Array.of(1, 2), { stop: [2] }))).toEqual([{ row: 0, step: 0, token: 2, end: "stop" }]);
    const contexts: Context[] = [];
    const stop = (context: Context): boolean => contexts.push({ ...context, ids: [...context.ids] }) === 2;
    await collect(generate(remembering(), [1, 2], { stop }));
    expect(contexts).toEqual([
      { row: 0, ids: [1, 2, 2], promptLength: 2, step: 0 },
      { row: 0, ids: [1, 2, 2, 2], promptLength: 2, step: 1 },
    ]);
  });

  test("one seed gives one text, and a row's depends on its number and its prompt alone", async () => {
    const prompt = fc.array(fc.integer({ min: 0, max: vocab - 1 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(prompt, { minLength: 1, maxLength: 4 }), fc.nat(), async (prompts, seed) => {
        const options = { sample: [repetitionPenalty(1.1), temperature(2)], seed, maxTokens: 6, stop: 3 };
        const all = await collect(generate(remembering(), prompts, options));
        expect(await collect(generate(remembering(), prompts, options))).toEqual(all);
        // fewer rows, so others end at other times
        const fewer = prompts.slice(0, -1);
        if (fewer.length > 0) expect(await collect(generate(remembering(), fewer, options))).toEqual(all.slice(0, -1));
        for (const { tokens, end } of all) {
          expect(tokens.indexOf(3)).toBe(end === "stop" ? tokens.length - 1 : -1);
          expect(tokens.length).toBeLessThanOrEqual(6);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("seeds give different texts, and tokens come as often as they are likely", async () => {
    const likely = afterLast(device, () => [0.2, 0.5, 0.3].map(Math.log));
    const rows = Array.from({ length: 20 }, () => [0]);
    const drawn = (await collect(generate(likely, rows, { sample: [temperature(1)], seed: 11, maxTokens: 100 }))).flatMap(({ tokens }) => tokens);
    const shares = [0, 1, 2].map((token) => drawn.filter((each) => each === token).length / drawn.length);
    // 2000 draws: four standard deviations are 4 · √(0.25 / 2000) < 0.045
    for (const [token, expected] of [0.2, 0.5, 0.3].entries()) expect(Math.abs(shares[token]! - expected)).toBeLessThan(0.045);
    const [one, other] = await Promise.all([1, 2].map((seed) => collect(generate(likely, [0], { sample: [temperature(1)], seed, maxTokens: 20 }))));
    expect(one).not.toEqual(other);
  });

  test("greedy() after penalties takes the likeliest of what they leave, whatever the seed", async () => {
    const run = (seed: number) => collect(generate(remembering(), [1], { sample: [suppress(2), greedy()], seed, maxTokens: 4 }));
    expect(await run(1)).toEqual([{ tokens: [5, 5, 5, 5], end: "length" }]);
    expect(await run(2)).toEqual(await run(1));
  });

  test("however it ends, nothing stays in memory, and a step holds one state", async () => {
    const before = device.memory().live;
    let index = 0;
    for await (const _ of generate(remembering(), [[1], [2, 3]], { maxTokens: 5 })) {
      // two rows of what was seen, and of the logits
      if (index % 2 === 0) expect(device.memory().live).toBeLessThanOrEqual(4 * (2 * (2 + index / 2) + 2 * vocab));
      index++;
    }
    expect([index, device.memory().live]).toEqual([10, before]);
    for await (const { step } of generate(remembering(), [1], { maxTokens: 5 })) if (step === 2) break;
    expect(device.memory().live).toBe(before);
    const controller = new AbortController();
    const seen: number[] = [];
    for await (const { step } of generate(remembering(), [1], { signal: controller.signal })) if (seen.push(step) === 3) controller.abort();
    expect([seen, device.memory().live]).toEqual([[0, 1, 2], before]);
    const failing = { ...remembering(), step: () => tensor([1], { device }) && fail("out of order") };
    await expect(collect(generate(failing, [1], { maxTokens: 5 }))).rejects.toThrow("out of order");
    expect(device.memory().live).toBe(before);
  });

  test("where prompts are sources, the text begins with the decoder's start", async () => {
    const contexts: Context[] = [];
    const note = (_: Float32Array, context: Context): void => void contexts.push({ ...context, ids: [...context.ids] });
    await collect(generate({ ...remembering(), start: [0] }, [4, 5, 6], { sample: [note, greedy()], maxTokens: 2 }));
    expect(contexts).toEqual([
      { row: 0, ids: [0], promptLength: 1, step: 0 },
      { row: 0, ids: [0, 2], promptLength: 1, step: 1 },
    ]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}

test("mistakes are one clear line each", async () => {
  const line = async (prompts: never, options: object, decoder: unknown = remembering()): Promise<string> => {
    try {
      await collect(generate(decoder as Decoder<unknown>, prompts, options));
    } catch (error) {
      return GenerateError.is(error) ? error.message : String(error);
    }
    return "nothing was thrown";
  };
  const one = [1] as never;
  expect(await line(one, { maxTokens: 0 })).toMatchInlineSnapshot(`"generate: maxTokens must be a whole number of at least 1, got 0"`);
  expect(await line(one, { maxTokens: 1, beams: 4 })).toMatchInlineSnapshot(
    `"generate: unknown option "beams"; it takes sample, seed, samples, logprobs, maxTokens, stop, signal, strategy"`,
  );
  expect(await line(one, {})).toMatchInlineSnapshot(`"generate: nothing would end it; give maxTokens, stop or signal"`);
  expect(await line(one, { maxTokens: 1, seed: 7 })).toMatchInlineSnapshot(
    `"generate: a seed changes nothing while the likeliest token is taken; leave it out, or sample: [temperature(1)]"`,
  );
  expect(await line(one, { stop: [] })).toMatchInlineSnapshot(`"generate: stop must be at least one token id, got none"`);
  expect(await line([] as never, { maxTokens: 1 })).toMatchInlineSnapshot(`"generate: the prompt must be at least one token id, got none"`);
  expect(await line([[1], []] as never, { maxTokens: 1 })).toMatchInlineSnapshot(`"generate: the prompt of row 1 must be at least one token id, got none"`);
  expect(await line([1.5] as never, { maxTokens: 1 })).toMatchInlineSnapshot(
    `"generate: a token id of the prompt must be a whole number of at least 0, got 1.5"`,
  );
  expect(await line(one, { maxTokens: 1, sample: [allowedTokens(() => [])] })).toMatchInlineSnapshot(
    `"generate: no token is left for row 0 at step 0; every one was taken away by the processors"`,
  );
  const silent = { begin: () => ({ logits: tensor([[Number.NaN]], { device }), state: null }), step: () => fail("never") };
  expect(await line(one, { maxTokens: 1 }, silent)).toMatchInlineSnapshot(
    `"generate: the model's scores for row 0 at step 0 hold NaN; are its parameters sound?"`,
  );
  const flat = { begin: () => ({ logits: tensor([1, 2], { device }), state: null }), step: () => fail("never") };
  expect(await line(one, { maxTokens: 1 }, flat)).toMatchInlineSnapshot(
    `"generate: expected float32 logits [1, vocab] from the decoder, got Tensor float32 [2] on reference"`,
  );
  expect(() => temperature(0)).toThrowErrorMatchingInlineSnapshot(
    `[GenerateError: temperature: the temperature (for the likeliest token take greedy()) must be a number above 0, got 0]`,
  );
  expect(() => topK(0)).toThrowErrorMatchingInlineSnapshot(`[GenerateError: topK: k must be a whole number of at least 1, got 0]`);
});
