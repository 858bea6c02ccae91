// Steps that are replayed give what steps that are computed give, bit for bit, and replaying them is what happens.
import {
  type Caching,
  doublingCache,
  type EmbeddedPlace,
  type EmbeddedPosition,
  fixedCache,
  growingCache,
  multiHeadAttention,
  rotary,
  slidingCache,
  taps,
} from "@ashlar/attention";
import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { feedForward, preNorm, stack } from "@ashlar/blocks";
import { collect, generate } from "@ashlar/generate";
import { or, prefix, slidingWindow } from "@ashlar/mask";
import { define, fresh, init, layerNorm } from "@ashlar/nn";
import { fromData, mul, ones, scoped, tensors } from "@ashlar/tensor";
import { afterAll, describe, expect, test } from "vitest";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import { type AnyLanguageModel, languageModel } from "../language-model.ts";
import { type Scheme, schemes, smallEncoderDecoder, smallLanguageModel, vocab } from "../testing/small.ts";
import { type DecoderOptions, type DecodingState, decoder } from "./decoder.ts";
import { sequenceDecoder } from "./sequence-decoder.ts";
import type { StepwiseDecoder } from "./stepwise.ts";

/** A device that counts its replays, and one that makes no recordings, over the same memory. */
function pair(device: Device) {
  let replays = 0;
  const { record, ...plain } = device;
  const counted: Device = {
    ...device,
    record() {
      const recording = (record as NonNullable<typeof record>)();
      const replay = recording.replay.bind(recording);
      recording.replay = (moved) => {
        replays++;
        replay(moved);
      };
      return recording;
    },
  };
  return { plain: plain as Device, counted, replays: () => replays };
}

const kinds = { reference: () => reference(), wasm: () => wasm({ threads: 1 }) };

/** A decoder step by step, as `generate` drives it. */
function driven<State>(reader: StepwiseDecoder<State>, prompts: readonly (readonly number[])[]) {
  let held = scoped(() => reader.begin(prompts));
  const go = (next: typeof held): void => {
    const kept = new Set(tensors(next).map(({ storage }) => storage));
    for (const { storage } of tensors(held)) if (!kept.has(storage)) storage.free("the test");
    held = next;
  };
  return {
    step: (tokens: readonly number[]) => go(scoped(() => reader.step(tokens, held.state))),
    change: (change: (state: State) => State) => go(scoped(() => ({ logits: held.logits, state: change(held.state) }))),
    get state(): State {
      return held.state;
    },
    logits: () => held.logits.data(),
    done: () => {
      for (const { storage } of tensors(held)) storage.free("the test");
    },
  };
}

const tokensAt = (step: number, rows: number): number[] => Array.from({ length: rows }, (_, row) => (7 * step + 3 * row) % vocab);

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])("on %s", (kind) => {
  const made = kinds[kind]();
  afterAll(async () => (await made)[Symbol.asyncDispose]());

  const cases: readonly [name: string, options: DecoderOptions, prompts: readonly (readonly number[])[], least: number][] = [
    ["a fixed cache", { cache: fixedCache({ length: 30 }) }, [[1, 2, 3]], 17],
    ["rows of different lengths, a doubling cache", { cache: doublingCache({ length: 4 }) }, [[1, 2, 3], [4], [5, 6]], 9],
    [
      "a prefix seen both ways, and a window",
      { cache: fixedCache({ length: 40 }), mask: (length) => or(slidingWindow(3), prefix(length)) },
      [[1, 2, 3, 4]],
      17,
    ],
    ["a sliding cache", { cache: slidingCache({ window: 4, length: 12 }), mask: () => slidingWindow(4) }, [[1, 2, 3]], 8],
    [
      "one of each",
      { cache: (path) => (path.includes("blocks.1") ? slidingCache({ window: 5, length: 16 }) : fixedCache({ length: 40 })), mask: () => slidingWindow(5) },
      [[1, 2, 3]],
      10,
    ],
  ];
  test.each(cases.flatMap(([name, ...rest]) => (Object.keys(schemes) as Scheme[]).map((scheme) => [`${name}, ${scheme}`, scheme, ...rest] as const)))(
    "%s",
    async (_, scheme, options, prompts, least) => {
      const { plain, counted, replays } = pair(await made);
      const small: AnyLanguageModel = smallLanguageModel(scheme);
      const run = (device: Device) => driven(decoder(small, init(small, fresh(1, { device })), options), prompts);
      const [computed, replayed] = [run(plain), run(counted)];
      for (let step = 0; step < 20; step++) {
        for (const one of [computed, replayed]) one.step(tokensAt(step, prompts.length));
        expect(await replayed.logits(), `step ${step}`).toEqual(await computed.logits());
      }
      expect(replays()).toBeGreaterThanOrEqual(least);
      for (const one of [computed, replayed]) one.done();
    },
  );

  test.each(Object.keys(schemes) as Scheme[])("an encoder-decoder, %s", async (scheme) => {
    const { plain, counted, replays } = pair(await made);
    const small: AnyEncoderDecoder = smallEncoderDecoder(scheme);
    const prompts = [
      [1, 2, 3, 4, 5],
      [6, 7],
    ];
    const run = (device: Device) => driven(sequenceDecoder(small, init(small, fresh(1, { device })), { cache: fixedCache({ length: 20 }) }), prompts);
    const [computed, replayed] = [run(plain), run(counted)];
    for (let step = 0; step < 16; step++) {
      for (const one of [computed, replayed]) one.step(tokensAt(step, 2));
      expect(await replayed.logits(), `step ${step}`).toEqual(await computed.logits());
    }
    expect(replays()).toBeGreaterThanOrEqual(12);
    for (const one of [computed, replayed]) one.done();
  });

  test("forks, second turns and tokens taken back in between", async () => {
    const { plain, counted, replays } = pair(await made);
    const small: AnyLanguageModel = smallLanguageModel("rotary");
    const cache = fixedCache({ length: 60 });
    const both = [plain, counted].map((device) => {
      const reader = decoder(small, init(small, fresh(1, { device })), { cache });
      return { reader, run: driven(reader, [[1, 2, 3]]) };
    });
    const all = async (change: (one: (typeof both)[number]) => void): Promise<void> => {
      for (const one of both) change(one);
      const [computed, replayed] = await Promise.all(both.map(({ run }) => run.logits()));
      expect(replayed).toEqual(computed);
    };
    const steps = async (from: number, to: number): Promise<void> => {
      for (let step = from; step < to; step++) await all(({ run }) => run.step(tokensAt(step, 1)));
    };
    await steps(0, 6);
    await all(({ reader, run }) => run.change((state) => reader.rewind(state, 3)));
    await steps(6, 12);
    await all(({ reader, run }) => run.change((state) => scoped(() => reader.continueWith([[4, 5, 6]], state).state)));
    await steps(12, 18);
    const forks = both.map(({ reader, run }) => scoped(() => reader.fork(run.state)));
    await steps(18, 22);
    await all(({ run }) => run.change(() => forks[both.findIndex((one) => one.run === run)] as DecodingState));
    await steps(22, 26);
    expect(replays()).toBeGreaterThan(8);
    for (const { run } of both) run.done();
  });

  test("an error leaves what was read as it was", async () => {
    const { counted } = pair(await made);
    const small: AnyLanguageModel = smallLanguageModel("learned"); // knows 40 positions
    const run = driven(decoder(small, init(small, fresh(1, { device: counted })), { cache: fixedCache({ length: 42 }) }), [[1, 2, 3]]);
    for (let step = 3; step < 40; step++) run.step(tokensAt(step, 1));
    const before = await run.logits();
    expect(() => run.step([1])).toThrow("expected positions from 0 to 39, got 40");
    expect(await run.logits()).toEqual(before);
    run.done();
    const roomy = driven(decoder(small, init(small, fresh(1, { device: counted })), { cache: fixedCache({ length: 12 }) }), [[1, 2, 3]]);
    for (let step = 3; step < 12; step++) roomy.step(tokensAt(step, 1));
    expect(() => roomy.step([1])).toThrow("there is room for 12 positions");
    roomy.done();
  });

  test("a text that is written again and again leaves nothing behind", async () => {
    await using device = await kinds[kind]();
    const { counted, replays } = pair(device);
    const small: AnyLanguageModel = smallLanguageModel("t5");
    const reader = decoder(small, init(small, fresh(1, { device: counted })), { cache: fixedCache({ length: 40 }) });
    const { live, buffers } = counted.memory();
    const write = async () => (await collect(generate(reader, [[1, 2, 3]], { maxTokens: 20 })))[0]?.tokens;
    const first = await write();
    const reserved = counted.memory().reserved;
    for (let time = 0; time < 5; time++) expect(await write()).toEqual(first);
    expect(counted.memory()).toMatchObject({ live, buffers, ...(reserved === undefined ? {} : { reserved }) });
    expect(replays()).toBe(6 * 17);
  });
});

test("threads share the work of a replay, and it comes out the same", async () => {
  const [dim, heads] = [256, 4];
  const block = preNorm({
    attention: multiHeadAttention({ dim, heads, position: rotary() }),
    feedForward: feedForward(dim, { hidden: 3072 }),
    norm: layerNorm(dim),
  });
  const wide: AnyLanguageModel = languageModel({ vocab, dim, stack: stack({ blocks: 2, of: block, norm: layerNorm(dim) }) });
  const said: unknown[] = [];
  for (const threads of [1, 2, 4]) {
    await using device = await wasm({ threads });
    const { counted, replays } = pair(device);
    const run = driven(decoder(wide, init(wide, fresh(1, { device: counted })), { cache: fixedCache({ length: 16 }) }), [[1, 2, 3]]);
    for (let step = 0; step < 10; step++) run.step(tokensAt(step, 1));
    expect(replays()).toBe(8);
    said.push(await run.logits());
  }
  expect(said[1]).toEqual(said[0]);
  expect(said[2]).toEqual(said[0]);
});

describe("what can't be replayed is computed each time", () => {
  const cache: Caching = fixedCache({ length: 30 });
  const stepsOf = (model: AnyLanguageModel, options: DecoderOptions): number => {
    const { counted, replays } = pair(reference());
    const run = driven(decoder(model, init(model, fresh(1, { device: counted })), options), [[1, 2]]);
    for (let step = 0; step < 8; step++) run.step([1]);
    run.done();
    return replays();
  };
  const positioned = (positions: EmbeddedPosition): AnyLanguageModel => {
    const block = preNorm({ attention: multiHeadAttention({ dim: 8, heads: 2 }), feedForward: feedForward(8), norm: layerNorm(8) });
    return languageModel({ vocab, dim: 8, stack: stack({ blocks: 1, of: block, norm: layerNorm(8) }), positions });
  };
  const at = (start: number, moved = 0): Float32Array => new Float32Array(8).fill(start + moved);

  test("a growing cache's, whose arrays change", () => {
    expect(stepsOf(smallLanguageModel("rotary"), { cache: growingCache() })).toBe(0);
  });
  test("one that is looked at", () => {
    expect(stepsOf(smallLanguageModel("rotary"), { cache, taps: taps(["**.context"]) })).toBe(0);
  });
  test("one whose data don't say what they become", () => {
    const silent = define({}, (_, { range: [start], device }: EmbeddedPlace) => fromData(at(start), [1, 1, 8], { device }));
    const telling = define({}, (_, { range: [start], device }: EmbeddedPlace) =>
      fromData(at(start), [1, 1, 8], { device, replayed: (moved) => at(start, moved) }),
    );
    expect(stepsOf(positioned(silent), { cache })).toBe(0);
    expect(stepsOf(positioned(telling), { cache })).toBe(6);
  });
  test("one whose data become something else than they said", () => {
    const wrong = define({}, (_, { range: [start], device }: EmbeddedPlace) => fromData(at(start), [1, 1, 8], { device, replayed: "same" }));
    expect(stepsOf(positioned(wrong), { cache })).toBe(0);
  });
  test("one whose scalars follow the position without saying so", () => {
    const scaled = define({}, (_, { range: [start], device }: EmbeddedPlace) => mul(ones([1, 1, 8], { device }), start));
    expect(stepsOf(positioned(scaled), { cache })).toBe(0);
  });
});
