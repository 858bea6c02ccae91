import { type Device, reference } from "@ashlar/backend";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beamSearch, collect, draftModel, generate, guided, promptLookup, speculative, temperature } from "./index.ts";
import { orderly } from "./testing/decoders.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

test("a scale of 1 is the model under its prompt, of 0 under the other one", async () => {
  const run = async (decoder: Parameters<typeof generate>[0], prompt: number[]) => (await collect(generate(decoder, prompt, { maxTokens: 8 })))[0]!.tokens;
  const guide = (scale: number) => guided(orderly(device), { scale, without: () => [4] });
  expect(await run(guide(1), [1, 2, 3])).toEqual(await run(orderly(device), [1, 2, 3]));
  expect(await run(guide(0), [1, 2, 3])).toEqual(await run(orderly(device), [4]));
  expect(await run(guide(3), [1, 2, 3])).not.toEqual(await run(guide(1), [1, 2, 3]));
});

test("it can all that its decoder can", async () => {
  const guide = guided(orderly(device), { scale: 1.7, without: (prompt) => prompt.slice(-1) });
  const plain = await collect(generate(guide, [1, 2, 3], { maxTokens: 12 }));
  for (const drafter of [promptLookup(), draftModel(orderly(device))])
    expect(await collect(generate(guide, [1, 2, 3], { maxTokens: 12, strategy: speculative(drafter) }))).toEqual(plain);
  const [best] = await collect(generate(guide, [1, 2, 3], { maxTokens: 12, strategy: beamSearch({ beams: 1 }) }));
  expect(best!.tokens).toEqual(plain[0]!.tokens);
  expect((await collect(generate(guide, [1, 2, 3], { maxTokens: 3, samples: 3, sample: [temperature(1)] }))).length).toBe(3);
  expect(() => guided(orderly(device), { scale: Number.NaN, without: (prompt) => prompt })).toThrowErrorMatchingInlineSnapshot(
    `[GenerateError: guided: scale must be a number, got NaN]`,
  );
});
