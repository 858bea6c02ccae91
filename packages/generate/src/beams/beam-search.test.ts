import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { allowedTokens, beamSearch, type Context, collect, type Generated, generate, logProbabilities, noRepeatNgram, temperature } from "../index.ts";
import { orderly, orderlyScores } from "../testing/decoders.ts";
import { mistake, piecesOf } from "../testing/pieces.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });

describe("beam search", () => {
  test("with one beam takes the likeliest token, as without", async () => {
    await fc.assert(
      fc.asyncProperty(prompts, fc.integer({ min: -1, max: 2 }), async (batch, lengthPenalty) => {
        const options = { maxTokens: 7, stop: [3, 5] };
        const beams = await piecesOf(generate(orderly(device), batch, { ...options, strategy: beamSearch({ beams: 1, lengthPenalty }) }));
        const plain = await piecesOf(generate(orderly(device), batch, options));
        const tokens = (pieces: typeof beams) =>
          pieces.map(({ row, step, token, end }) => ({ row, step, token, end })).sort((a, b) => a.row - b.row || a.step - b.step);
        expect(tokens(beams)).toEqual(tokens(plain));
      }),
      { numRuns: 40 },
    );
  });

  test("with beams for everything finds the best of all texts, whatever the length penalty", async () => {
    const [vocab, longest, stop] = [3, 4, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(-1, 0, 0.5, 1, 2),
        async (prompt, lengthPenalty) => {
          const all: { tokens: number[]; score: number }[] = [];
          const grow = (tokens: number[], sum: number): void => {
            const logprobs = logProbabilities(orderlyScores([...prompt, ...tokens], { vocab }));
            for (let token = 0; token < vocab; token++) {
              const [more, total] = [[...tokens, token], sum + logprobs[token]!];
              if (token === stop || more.length === longest) all.push({ tokens: more, score: total / more.length ** lengthPenalty });
              else grow(more, total);
            }
          };
          grow([], 0);
          all.sort((a, b) => b.score - a.score);
          const beams = vocab ** longest;
          const strategy = beamSearch({ beams, keep: 5, lengthPenalty, earlyStopping: "never" });
          const found = await collect(generate(orderly(device, { vocab }), prompt, { strategy, maxTokens: longest, stop }));
          expect(found.map(({ tokens }) => tokens)).toEqual(all.slice(0, 5).map(({ tokens }) => tokens));
          // float32 sines of angles up to 97 · 1.7: an ulp there is 1e-5
          for (const [rank, { score }] of found.entries()) expect(score).toBeCloseTo(all[rank]!.score, 3);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("a row of a batch finds what it finds alone", async () => {
    await fc.assert(
      fc.asyncProperty(prompts, fc.constantFrom({ beams: 3 }, { beams: 4, keep: 2 }, { beams: 4, groups: 2, diversity: 0.7, keep: 3 }), async (batch, plan) => {
        const options = { maxTokens: 6, stop: 3, strategy: beamSearch(plan) };
        const alone: Generated[] = [];
        for (const prompt of batch) alone.push(...(await collect(generate(orderly(device), prompt, options))));
        expect(await collect(generate(orderly(device), batch, options))).toEqual(alone);
      }),
      { numRuns: 30 },
    );
  });

  test("a score is the text's own log-probability over its length", async () => {
    const strategy = beamSearch({ beams: 4, keep: 4, lengthPenalty: 0.7 });
    for (const { tokens, score } of await collect(generate(orderly(device), [1, 2], { strategy, maxTokens: 6, stop: 3 }))) {
      let sum = 0;
      for (const [step, token] of tokens.entries()) sum += logProbabilities(orderlyScores([1, 2, ...tokens.slice(0, step)]))[token]!;
      expect(score).toBeCloseTo(sum / tokens.length ** 0.7, 3);
    }
  });

  test("tokens on which all agree are given before the end, and only the last piece tells score and end", async () => {
    // the second token is free, the others are not
    const strategy = beamSearch({ beams: 3, processors: [allowedTokens(({ step }: Context) => (step === 2 ? [1, 2, 4] : [5]))] });
    let steps = 0;
    const inner = orderly(device);
    const counting: typeof inner = {
      ...inner,
      step: (tokens, state) => {
        steps++;
        return inner.step(tokens, state);
      },
    };
    const seen: unknown[] = [];
    for await (const { step, end, score } of generate(counting, [1], { strategy, maxTokens: 5 })) seen.push([step, steps, end, score !== undefined]);
    expect(seen).toEqual([
      [0, 0, undefined, false],
      [1, 1, undefined, false],
      [2, 4, undefined, false],
      [3, 4, undefined, false],
      [4, 4, "length", true],
    ]);
  });

  test("groups say other things", async () => {
    const texts = async (plan: object) =>
      new Set(
        (await collect(generate(orderly(device), [1, 2], { strategy: beamSearch({ beams: 4, keep: 4, ...plan }), maxTokens: 1 }))).map(
          ({ tokens }) => tokens[0],
        ),
      );
    // four groups of one beam: each pays for what the others said
    expect((await texts({ groups: 4, diversity: 0.001 })).size).toBe(1);
    expect((await texts({ groups: 4, diversity: 10 })).size).toBe(4);
  });

  test("however it ends, nothing stays in memory", async () => {
    const strategy = beamSearch({ beams: 3, keep: 3, processors: [noRepeatNgram(2)] });
    const held = Math.max(...(await collect(generate(orderly(device), [[1], [2, 3]], { strategy, maxTokens: 6 }))).map(({ tokens }) => tokens.length));
    expect([held, device.memory().live]).toEqual([6, 0]);
    for await (const _ of generate(orderly(device), [1], { strategy: beamSearch({ beams: 1 }), maxTokens: 5 })) break;
    const controller = new AbortController();
    const inner = orderly(device);
    const aborting: typeof inner = {
      ...inner,
      step: (tokens, state) => {
        controller.abort();
        return inner.step(tokens, state);
      },
    };
    expect(await collect(generate(aborting, [1], { strategy, maxTokens: 5, signal: controller.signal }))).toEqual([]);
    const failing: typeof inner = {
      ...inner,
      step: () => {
        throw new Error("out of order");
      },
    };
    expect(await mistake(failing, [1], { strategy, maxTokens: 5 })).toBe("Error: out of order");
  });

  test("mistakes are one clear line each", async () => {
    const made = (plan: object): string => {
      try {
        beamSearch(plan as never);
        return "nothing was thrown";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(made({ beams: 0 })).toMatchInlineSnapshot(`"beamSearch: beams must be a whole number of at least 1, got 0"`);
    expect(made({ beams: 2, keep: 3 })).toMatchInlineSnapshot(`"beamSearch: 2 beams can't give 3 results; let keep be at most beams"`);
    expect(made({ beams: 4, groups: 3, diversity: 1 })).toMatchInlineSnapshot(
      `"beamSearch: 4 beams don't divide into 3 groups of one size; let beams be a multiple of groups"`,
    );
    expect(made({ beams: 4, groups: 2 })).toMatchInlineSnapshot(`"beamSearch: 2 groups would all find the same; give diversity, a number above 0"`);
    expect(made({ beams: 4, diversity: 1 })).toMatchInlineSnapshot(`"beamSearch: diversity has no effect in one group; give groups too, or leave it out"`);
    expect(made({ beams: 4, groups: 2, diversity: 0 })).toMatchInlineSnapshot(`"beamSearch: diversity must be a number above 0, got 0"`);
    expect(made({ beams: 4, earlyStopping: "always" })).toMatchInlineSnapshot(`"beamSearch: earlyStopping must be true, false or "never", got "always""`);
    expect(made({ beams: 4, lengthPenalty: Number.NaN })).toMatchInlineSnapshot(`"beamSearch: lengthPenalty must be a number, got NaN"`);
    expect(made({ beams: 4, draft: 1 })).toMatchInlineSnapshot(
      `"beamSearch: unknown option "draft"; it takes beams, keep, lengthPenalty, earlyStopping, groups, diversity, processors"`,
    );
    const run = (options: object) => mistake(orderly(device), [1], { maxTokens: 3, strategy: beamSearch({ beams: 2 }), ...options });
    expect(await run({ seed: 7 })).toMatchInlineSnapshot(`"generate: beamSearch has no use for "seed"; nothing is drawn"`);
    expect(await run({ sample: [temperature(2)] })).toMatchInlineSnapshot(
      `"generate: beamSearch has no use for "sample"; nothing is drawn, and what changes scores goes into beamSearch({ processors })"`,
    );
    expect(await run({ samples: 2 })).toMatchInlineSnapshot(`"generate: beamSearch has no use for "samples"; several results come with beamSearch({ keep })"`);
    expect(await run({ maxTokens: undefined, stop: 3, strategy: beamSearch({ beams: 2, earlyStopping: "never" }) })).toMatchInlineSnapshot(
      `"beamSearch: with a lengthPenalty above 0 and earlyStopping "never" something better may always come; give maxTokens"`,
    );
    expect(await run({ strategy: beamSearch({ beams: 2, processors: [allowedTokens(() => [])] }) })).toMatchInlineSnapshot(
      `"generate: no token is left for row 0 at step 0; every one was taken away by the processors"`,
    );
  });
});
