import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ContrastOptions, collect, contrastiveSearch, generate, guided, Reader, temperature, topK } from "../index.ts";
import { orderly, orderlyScores, orderlyState } from "../testing/decoders.ts";
import { mistake, piecesOf } from "../testing/pieces.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 });

/** Contrastive search by its formula: every text is read anew for every candidate. */
function plainly(prompt: readonly number[], { candidates, penalty }: Required<ContrastOptions>, heat: number, maxTokens: number, stop: number): number[] {
  const text = [...prompt];
  const cosine = (a: number[], b: number[]): number => {
    const dot = (x: number[], y: number[]): number => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  while (text.length < prompt.length + maxTokens && (text.length === prompt.length || text.at(-1) !== stop)) {
    const scores = orderlyScores(text).map((score) => Math.exp(score / heat));
    const total = scores.reduce((sum, score) => sum + score, 0);
    const tried = scores
      .map((score, token) => ({ token, chance: score / total }))
      .sort((a, b) => b.chance - a.chance)
      .slice(0, candidates);
    const weighed = tried.map(({ token, chance }) => {
      const likeness = text.map((_, at) => cosine(orderlyState([...text, token]), orderlyState(text.slice(0, at + 1))));
      return (1 - penalty) * chance - penalty * Math.max(...likeness);
    });
    text.push(tried[weighed.indexOf(Math.max(...weighed))]!.token);
  }
  return text.slice(prompt.length);
}

describe("contrastive search", () => {
  test("takes what the formula takes: batches of any lengths, rows that end on their own", async () => {
    const settings = fc.record({ candidates: fc.integer({ min: 1, max: 7 }), penalty: fc.constantFrom(0, 0.3, 0.6, 0.9) });
    await fc.assert(
      fc.asyncProperty(prompts, settings, fc.constantFrom(1, 0.5, 3), async (batch, options, heat) => {
        const made = await collect(
          generate(orderly(device), batch, {
            strategy: contrastiveSearch(options),
            sample: heat === 1 ? [] : [temperature(heat)],
            maxTokens: 10,
            stop: 3,
          }),
        );
        expect(made.map(({ tokens }) => [...tokens])).toEqual(batch.map((prompt) => plainly(prompt, options, heat, 10, 3)));
      }),
      { numRuns: 40 },
    );
  });

  test("without a penalty, or with one candidate, takes the likeliest tokens, reports included", async () => {
    await fc.assert(
      fc.asyncProperty(prompts, async (batch) => {
        const options = { maxTokens: 8, stop: 3, logprobs: 2 };
        const greedy = await piecesOf(generate(orderly(device), batch, options));
        for (const strategy of [contrastiveSearch({ penalty: 0 }), contrastiveSearch({ candidates: 1 })])
          expect(await piecesOf(generate(orderly(device), batch, { ...options, strategy }))).toEqual(greedy);
      }),
      { numRuns: 15 },
    );
  });

  test("tries only what processors leave", async () => {
    const options = { maxTokens: 12, sample: [topK(1)] };
    const strategy = contrastiveSearch({ candidates: 5, penalty: 1 });
    expect(await collect(generate(orderly(device), [1, 2], { ...options, strategy }))).toEqual(
      await collect(generate(orderly(device), [1, 2], { maxTokens: 12 })),
    );
    const nothing = (logits: Float32Array) => void logits.fill(Number.NEGATIVE_INFINITY);
    expect(await mistake(orderly(device), [1], { strategy, maxTokens: 3, sample: [nothing] })).toMatchInlineSnapshot(
      `"generate: no token is left for row 0 at step 0; every one was taken away by the processors"`,
    );
  });

  test("a guided decoder has the states of its prompt", async () => {
    const same = guided(orderly(device), { scale: 1, without: (prompt) => prompt });
    const options = { strategy: contrastiveSearch(), maxTokens: 8 };
    expect(await collect(generate(same, [[1], [2, 3]], options))).toEqual(await collect(generate(orderly(device), [[1], [2, 3]], options)));
  });

  test("however it ends, nothing stays in memory", async () => {
    const strategy = contrastiveSearch();
    for await (const { step } of generate(orderly(device), [[1], [2, 3]], { strategy, maxTokens: 9 })) if (step === 4) break;
    const controller = new AbortController();
    for await (const { step } of generate(orderly(device), [1], { strategy, signal: controller.signal })) if (step === 4) controller.abort();
    const early = new AbortController();
    early.abort();
    expect(await piecesOf(generate(orderly(device), [1], { strategy, signal: early.signal }))).toEqual([]);
  });

  test("mistakes are one clear line each", async () => {
    const run = (options: object, decoder: object = orderly(device)) =>
      mistake(decoder as never, [1], { maxTokens: 9, strategy: contrastiveSearch(), ...options });
    const { representing, ...blind } = orderly(device);
    expect(await run({}, blind)).toMatchInlineSnapshot(
      `"contrastiveSearch: this decoder has no representing: { begin, step }, by which candidates are compared with what was said: the last hidden states beside the scores"`,
    );
    expect(() => new Reader(blind, { represent: true })).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: generate: this decoder gives no hidden states; it needs representing: { begin, step }, which give them beside the scores]`,
    );
    expect(() => new Reader(blind).states).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: generate: no hidden states have been read; make the reader with { represent: true }, and read]`,
    );
    expect(await run({ seed: 1, sample: [temperature(1)] })).toMatchInlineSnapshot(`"generate: contrastiveSearch has no use for "seed"; nothing is drawn"`);
    expect(await run({ samples: 2, sample: [temperature(1)] })).toMatchInlineSnapshot(
      `"generate: contrastiveSearch has no use for "samples"; nothing is drawn, so they would all be the same"`,
    );
    expect(() => contrastiveSearch({ penalty: 1.5 })).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: contrastiveSearch: penalty must lie between 0 and 1, got 1.5]`,
    );
    expect(() => contrastiveSearch({ candidates: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: contrastiveSearch: candidates must be a whole number of at least 1, got 0]`,
    );
    expect(() => contrastiveSearch({ topK: 4 } as never)).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: contrastiveSearch: unknown option "topK"; it takes candidates, penalty]`,
    );
    const flat = { ...representing, begin: (texts: number[][]) => ({ ...representing.begin(texts), states: representing.begin(texts).logits }) };
    expect(await run({}, { ...blind, representing: flat })).toMatchInlineSnapshot(
      `"generate: expected float32 hidden states [1, positions, dim] from the decoder, got Tensor float32 [1, 7] on reference"`,
    );
    const short = { ...representing, begin: (texts: number[][]) => representing.begin(texts.map((text) => text.slice(-1))) };
    expect(await mistake({ ...blind, representing: short } as never, [1, 2], { maxTokens: 3, strategy: contrastiveSearch() })).toMatchInlineSnapshot(
      `"generate: expected hidden states of all that was read from the decoder, 2 positions or more, got 1"`,
    );
  });
});
