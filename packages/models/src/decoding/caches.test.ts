// What decoding with each kind of cache costs, that strategies of generate run on all of them, and what mistakes say.
import { type Caching, doublingCache, fixedCache, growingCache, slidingCache } from "@ashlar/attention";
import { type Device, type Kernel, type KernelCall, type KernelTable, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { beamSearch, collect, contrastiveSearch, type Decoder, draftModel, generate, promptLookup, speculative } from "@ashlar/generate";
import { and, causal, full, or, prefix, slidingWindow, where } from "@ashlar/mask";
import { fresh, init } from "@ashlar/nn";
import { scoped, tensors } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import type { AnyLanguageModel } from "../language-model.ts";
import { type Scheme, schemes, smallEncoderDecoder, smallLanguageModel, vocab } from "../testing/small.ts";
import { cacheBytes } from "./cache-bytes.ts";
import { type DecodingState, decoder } from "./decoder.ts";
import { sequenceDecoder } from "./sequence-decoder.ts";

const model = (scheme: Scheme = "rotary"): AnyLanguageModel => smallLanguageModel(scheme);

/** A decoder over a model of its own, and the memory that its parameters take. */
function reader(device: Device, scheme: Scheme, options: Parameters<typeof decoder>[2]) {
  const small = model(scheme);
  return decoder(small, init(small, fresh(1, { device })), options);
}

/** Steps as `generate` makes them: each frees what the one before held. */
function stepping(decoder: ReturnType<typeof reader>, prompt: readonly number[]) {
  let held = scoped(() => decoder.begin([prompt]));
  const free = (kept: unknown): void => {
    const keep = new Set(tensors(kept).map(({ storage }) => storage));
    for (const { storage } of tensors(held)) if (!keep.has(storage)) storage.free("the test");
  };
  return {
    step(token: number): void {
      const next = scoped(() => decoder.step([token], held.state));
      free(next);
      held = next;
    },
    get state(): DecodingState {
      return held.state;
    },
    done: () => free(null),
  };
}

/** The plain device, with a line for each call: what a device that compiles would compile anew when it changes. */
function recording(): { readonly device: Device; lines(): string[] } {
  const { record: _, ...device } = reference(); // replayed steps make no calls
  let lines: string[] = [];
  const noted =
    (kernel: Kernel<"map">): Kernel<"map"> =>
    (call: KernelCall<"map">) => {
      const { settings, operands, outputs } = call;
      const views = operands.map(({ shape, strides, offset, dtype }) => ({ shape, strides, offset, dtype }));
      lines.push(JSON.stringify([call.kernel, settings, views, outputs]));
      return kernel(call);
    };
  const kernels = Object.fromEntries(Object.entries(device.kernels).map(([name, kernel]) => [name, noted(kernel as Kernel<"map">)]));
  return {
    device: { ...device, kernels: kernels as unknown as KernelTable },
    lines() {
      const all = lines;
      lines = [];
      return all;
    },
  };
}

describe("every step is the same calls, whatever the position", () => {
  test.each(Object.keys(schemes) as Scheme[])("%s", (scheme) => {
    const kinds: readonly [Caching, Parameters<typeof decoder>[2]][] = [
      [fixedCache({ length: 70 }), {}],
      [fixedCache({ length: 40 }), { mask: (length) => or(slidingWindow(3), prefix(length)) }],
      // 30 positions of room: no move among those that are compared
      [slidingCache({ window: 4, length: 30 }), { mask: () => slidingWindow(4) }],
    ];
    for (const [cache, options] of kinds) {
      const { device, lines } = recording();
      const run = stepping(reader(device, scheme, { ...options, cache }), [1, 2, 3]);
      run.step(1);
      lines();
      run.step(2);
      const first = lines();
      expect(first.length).toBeGreaterThan(20);
      for (let position = 5; position < 25; position++) {
        run.step(position % vocab);
        expect(lines()).toEqual(first);
      }
      run.done();
    }
  });

  test("a growing cache's are not, so the test can tell", () => {
    const { device, lines } = recording();
    const run = stepping(reader(device, "rotary", { cache: growingCache() }), [1, 2, 3]);
    run.step(1);
    const first = lines();
    run.step(2);
    expect(lines()).not.toEqual(first);
    run.done();
  });
});

describe("memory", () => {
  test("a sliding window generates thousands of tokens in the memory of the first hundred", async () => {
    await using device = await wasm({ threads: 1 });
    const sliding = reader(device, "rotary", { mask: () => slidingWindow(16), cache: slidingCache({ window: 16 }) });
    let tokens = 0;
    let [early, late, live] = [0, 0, 0];
    for await (const _ of generate(sliding, [1, 2, 3], { maxTokens: 3000 })) {
      tokens++;
      if (tokens === 50) device.resetPeak();
      if (tokens === 200) {
        early = device.memory().peak;
        device.resetPeak();
      }
      // what a recorded step keeps for its replays comes and goes with the moves of what is kept
      if (tokens <= 200) live = Math.max(live, device.memory().live);
      else expect(device.memory().live).toBeLessThanOrEqual(live);
    }
    late = device.memory().peak;
    expect(tokens).toBe(3000);
    expect(late).toBe(early);
  });

  test("a fixed cache takes its memory at once", () => {
    const device = reference();
    const run = stepping(reader(device, "alibi", { cache: fixedCache({ length: 60 }) }), [1, 2, 3]);
    run.step(1);
    device.resetPeak();
    run.step(2);
    const { live, peak } = device.memory();
    device.resetPeak();
    for (let step = 5; step < 60; step++) run.step(step % vocab);
    expect(device.memory().live).toBe(live);
    expect(device.memory().peak).toBeLessThanOrEqual(peak);
    run.done();
  });

  test("a prompt that is read in pieces takes the memory of a piece", () => {
    const peakOf = (chunk: number | undefined): number => {
      const device = reference();
      const small = reader(device, "sinusoidal", { mask: () => slidingWindow(8), cache: slidingCache({ window: 8 }), ...(chunk ? { chunk } : {}) });
      const prompt = Array.from({ length: 400 }, (_, index) => index % vocab);
      device.resetPeak();
      scoped(() => small.begin([prompt]));
      return device.memory().peak;
    };
    expect(peakOf(20)).toBeLessThan(peakOf(undefined) / 5);
  });

  test.each<[string, Caching, number]>([
    ["growing", growingCache(), 37],
    ["doubling", doublingCache({ length: 10 }), 37],
    ["fixed", fixedCache({ length: 64 }), 37],
    ["sliding", slidingCache({ window: 5, rewind: 2 }), 37],
    ["one of each", (path) => (path.includes("blocks.1") ? slidingCache({ window: 5 }) : fixedCache({ length: 40 })), 37],
  ])("its size is known before it is made: %s", (_, cache, length) => {
    const device = reference();
    const small = reader(device, "rotary", { cache, mask: () => slidingWindow(5) });
    const sizeOf = (state: DecodingState): number =>
      [...new Set(tensors(state).map(({ storage }) => storage))].reduce((sum, { buffer }) => sum + buffer.bytes, 0);
    const prompts = Array.from({ length: 3 }, () => Array.from({ length }, (_, index) => index % vocab));
    expect(cacheBytes(model(), { batch: 3, length, cache })).toBe(sizeOf(small.begin(prompts).state));
  });

  test("an encoder-decoder's holds keys and values of the source too", () => {
    const device = reference();
    const small: AnyEncoderDecoder = smallEncoderDecoder("rotary");
    const cache = fixedCache({ length: 12 });
    const { state } = sequenceDecoder(small, init(small, fresh(1, { device })), { cache }).begin([[1, 2, 3, 4, 5]]);
    const bytes = tensors(state.cache).reduce((sum, { storage }) => sum + storage.buffer.bytes, 0);
    expect(cacheBytes(small, { length: 1, source: 5, cache })).toBe(bytes);
  });

  test("nothing is left by any strategy on any kind", async () => {
    const device = reference();
    const prompts = [
      [1, 2, 3],
      [4, 5],
    ];
    const kinds = [growingCache(), fixedCache({ length: 30 }), slidingCache({ window: 4, rewind: 5 }), doublingCache({ length: 4 })];
    const small = model();
    const params = init(small, fresh(1, { device }));
    const { live } = device.memory();
    const said: unknown[] = [];
    for (const cache of kinds) {
      const made = () => decoder(small, params, { cache, mask: () => slidingWindow(4) });
      const strategies = [
        {},
        { strategy: beamSearch({ beams: 3, keep: 2 }) },
        { strategy: speculative(promptLookup()) },
        { strategy: speculative(draftModel(made())) },
        { strategy: contrastiveSearch() },
      ];
      const rows: unknown[] = [];
      for (const strategy of strategies)
        rows.push((await collect(generate(made() as Decoder<DecodingState>, prompts, { maxTokens: 12, ...strategy }))).map(({ tokens }) => [...tokens]));
      expect(device.memory().live).toBe(live);
      // what is generated alone, by guesses of either kind: the same
      expect([rows[2], rows[3]]).toEqual([rows[0], rows[0]]);
      said.push(rows);
    }
    expect(said[1]).toEqual(said[0]);
    expect(said[2]).toEqual(said[0]);
    expect(said[3]).toEqual(said[0]);
  });

  test("two continuations of one prompt share its reading, and it stays", async () => {
    for (const cache of [growingCache(), doublingCache({ length: 4 }), fixedCache({ length: 30 })]) {
      const device = reference();
      const small = reader(device, "t5", { cache });
      const { live } = device.memory();
      const prompt = scoped(() => small.begin([[1, 2, 3, 4]]).state);
      const tell = async (turn: readonly number[]) => (await collect(generate(small.from(prompt), [turn], { maxTokens: 6 }))).map(({ tokens }) => [...tokens]);
      const whole = async (text: readonly number[]) => (await collect(generate(small, [text], { maxTokens: 6 }))).map(({ tokens }) => [...tokens]);
      expect(await tell([5, 6])).toEqual(await whole([1, 2, 3, 4, 5, 6]));
      expect(await tell([7])).toEqual(await whole([1, 2, 3, 4, 7]));
      for (const { storage } of tensors(prompt)) storage.free("the test");
      expect(device.memory().live).toBe(live);
    }
  });
});

test("an encoder-decoder says the same with any kind", async () => {
  const device = reference();
  const small: AnyEncoderDecoder = smallEncoderDecoder("t5");
  const params = init(small, fresh(1, { device }));
  const tell = async (cache: Caching, strategy = {}) =>
    (await collect(generate(sequenceDecoder(small, params, { cache }), [[1, 2, 3], [4]], { maxTokens: 10, ...strategy }))).map(({ tokens }) => [...tokens]);
  const beams = { strategy: beamSearch({ beams: 3 }) };
  expect(await tell(fixedCache({ length: 16 }))).toEqual(await tell(growingCache()));
  expect(await tell(fixedCache({ length: 16 }), beams)).toEqual(await tell(growingCache(), beams));
  const forked = sequenceDecoder(small, params, { cache: fixedCache({ length: 16 }) });
  const { state } = forked.begin([[1, 2, 3]]);
  const [one, other] = [forked.step([1], forked.fork(state)), forked.step([1], state)];
  expect(await one.logits.data()).toEqual(await other.logits.data());
});

describe("what a second turn reads again", () => {
  /** How many positions were read, by the layers' own account. */
  function counting(mask: (length: number) => typeof causal, cache: Caching = growingCache()) {
    const device = reference();
    const small = model();
    let read = 0;
    const { compute } = small.read;
    const counted: AnyLanguageModel = {
      ...small,
      read: {
        ...small.read,
        compute(bound, tokens, call) {
          read += tokens.shape[1] as number;
          return compute(bound, tokens, call);
        },
      },
    };
    const reader = decoder(counted, init(small, fresh(1, { device })), { mask, cache });
    return { reader, taken: () => { const count = read; read = 0; return count; } }; // biome-ignore format: one line
  }
  const turn = (mask: (length: number) => typeof causal, cache?: Caching): number[] => {
    const { reader, taken } = counting(mask, cache);
    let { state } = reader.begin([[1, 2, 3, 4, 5]]);
    for (const token of [6, 7, 8]) state = reader.step([token], state).state;
    const before = taken();
    reader.continueWith([[9, 10]], state);
    return [before, taken()];
  };

  test("a causal mask: nothing", () => expect(turn(() => causal)).toEqual([8, 2]));
  test("a prefix that stays: nothing", () => expect(turn(() => or(causal, prefix(3)))).toEqual([8, 2]));
  test("a prefix that is the prompt, which grew: all", () => expect(turn((length) => or(causal, prefix(length)))).toEqual([8, 10]));
  test("a mask that always sees everything: all", () => expect(turn(() => full)).toEqual([8, 10]));
  test("what changes from the sixth position on: from there", () =>
    expect(turn((length) => (length > 5 ? or(causal, { name: "new", allows: (query, key) => query >= 5 && key < 8 }) : causal))).toEqual([8, 5]));
  test("a sliding window: nothing, of a sliding cache either", () => expect(turn(() => slidingWindow(3), slidingCache({ window: 3 }))).toEqual([8, 2]));
});

describe("mistakes", () => {
  const device = reference();
  const message = (run: () => unknown): string => {
    try {
      run();
      return "nothing was thrown";
    } catch (error) {
      return String(error);
    }
  };
  const fixed = reader(device, "rotary", { cache: fixedCache({ length: 6 }) });
  const learned = reader(device, "learned", {});

  test("say where, what was expected, what came and what to do", () => {
    const long = Array.from({ length: 40 }, () => 1);
    const { state } = fixed.begin([[1, 2, 3, 4, 5, 6]]);
    const { state: two } = fixed.begin([[1], [2]]);
    const other = decoder(smallLanguageModel("rotary", 1), init(smallLanguageModel("rotary", 1), fresh(1, { device })), { cache: fixedCache({ length: 6 }) });
    const told = {
      "a prompt that has no room": message(() => fixed.begin([[1, 2, 3, 4, 5, 6, 7]])),
      "a step beyond the room": message(() => fixed.step([1], state)),
      "a position beyond a learned table": message(() => learned.step([1], learned.begin([long]).state)),
      "another number of beams": message(() => fixed.step([1, 2, 3], two)),
      "a beam that isn't there": message(() => fixed.select(two, Int32Array.of(0, 5))),
      "a cache of another model": message(() => other.step([1, 2], two)),
      "turns of several lengths": message(() => fixed.continueWith([[1], [1, 2]], two)),
      "a turn for another number of rows": message(() => fixed.from(two).begin([[1]])),
      "pieces of nothing": message(() => decoder(model(), init(model(), fresh(1, { device })), { chunk: 0 })),
      "a saved state of another version": message(() => fixed.restore({ tensors: {}, json: { version: 3 } as never })),
      "a size beyond a fixed cache": message(() => cacheBytes(model(), { length: 7, cache: fixedCache({ length: 6 }) })),
      "a turn that a sliding cache can't read again": message(() => {
        const narrower = and(
          slidingWindow(2),
          where((query, key) => query < 8 || query === key),
        );
        const sliding = reader(device, "rotary", { mask: (length) => (length > 10 ? narrower : slidingWindow(2)), cache: slidingCache({ window: 2 }) });
        return sliding.continueWith([[1, 2]], sliding.begin([[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]]).state);
      }),
    };
    expect(told).toMatchInlineSnapshot(`
      {
        "a beam that isn't there": "AttentionError: selectCache: expected rows from 0 to 1, got 5; the cache is of 2 rows",
        "a cache of another model": "AttentionError: cache: expected key at "stack.blocks.0.attention" of [2, time, 2, 4] as in the calls before, got [2, time, 1, 4]",
        "a position beyond a learned table": "AttentionError: learnedPositions: expected positions from 0 to 39, got 40; make the table longer or the text shorter",
        "a prompt that has no room": "AttentionError: fixedCache({ length: 6 }): there is room for 6 positions; 0 are filled, and 7 more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)",
        "a saved state of another version": "ModelsError: decoder.restore: expected a record of version 1, got 3",
        "a size beyond a fixed cache": "AttentionError: fixedCache({ length: 6 }): there is room for 6 positions; 0 are filled, and 7 more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)",
        "a step beyond the room": "AttentionError: fixedCache({ length: 6 }): there is room for 6 positions; 6 are filled, and 1 more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)",
        "a turn for another number of rows": "ModelsError: decoder: expected tokens for 2 rows, as in the state, got them for 1; select(state, rows) changes the rows",
        "a turn that a sliding cache can't read again": "AttentionError: slidingCache({ window: 2 }): 2 positions can't be taken back, 0 can: what the window then shows is gone; make it with { rewind: 2 }",
        "another number of beams": "ModelsError: decoder: expected tokens for 2 rows, as in the state, got them for 3; select(state, rows) changes the rows",
        "pieces of nothing": "ModelsError: decoder: chunk must be a whole number of positions of at least 1, got 0",
        "turns of several lengths": "ModelsError: decoder: expected rows of 1 tokens to read, got 2 in row 1; a row of another length goes on alone: select(state, Int32Array.of(row))",
      }
    `);
  });
});
