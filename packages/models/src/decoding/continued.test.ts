// The law, over every kind of cache: cached equals uncached, whatever is read in whatever pieces, taken back, reordered, forked and saved between.
import { type Caching, doublingCache, fixedCache, growingCache, slidingCache } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { and, causal, chunked, leftPadding, type Mask, or, prefix, selectRows, slidingWindow, where } from "@ashlar/mask";
import { bind, fresh, init } from "@ashlar/nn";
import { fromData, type Tensor } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { AnyLanguageModel } from "../language-model.ts";
import { devices } from "../testing/devices.ts";
import { type Scheme, schemes, smallLanguageModel, vocab } from "../testing/small.ts";
import { type DecodingState, decoder } from "./decoder.ts";
import { saveDecoding } from "./saved.ts";

// the same sums in another order, in float32, of logits around 10
const tolerance = { rtol: 1e-4, atol: 1e-4 };
const positions = 40; // of the learned table
const window = 4;

/** Masks by the padded prompt's length. */
const masks: Record<string, (length: number) => Mask> = {
  causal: () => causal,
  "a prefix as long as the prompt": (length) => or(causal, prefix(length)),
  "a prefix of three": (length) => or(causal, prefix(Math.min(3, length))),
  "a sliding window": () => slidingWindow(window),
  "a shorter window, and a rule": () =>
    and(
      slidingWindow(window - 1),
      where((query, key) => query === key || (query * 5 + key * 3) % 7 < 4),
    ),
  chunked: () => and(causal, chunked(4)),
  "a rule nobody shipped": () =>
    and(
      causal,
      where((query, key) => query === key || (query * 5 + key * 3) % 7 < 4),
    ),
};
const narrow = ["a sliding window", "a shorter window, and a rule", "chunked"];

/** Kinds that keep all. */
const whole: Record<string, Caching> = {
  growing: growingCache(),
  doubling: doublingCache({ length: 4 }),
  fixed: fixedCache({ length: positions }),
  "larger than a block of the mask": fixedCache({ length: 70 }),
  "one of each": (path) => (path.includes("blocks.0") ? growingCache() : fixedCache({ length: 50 })),
};
/** Kinds that keep what a window shows. */
const sliding: Record<string, Caching> = {
  "sliding, as small as can be": slidingCache({ window, rewind: 3, length: window + 3 }),
  sliding: slidingCache({ window, rewind: 3 }),
  "sliding beside fixed": (path) => (path.includes("blocks.0") ? slidingCache({ window, rewind: 6 }) : fixedCache({ length: positions })),
};

const token = fc.integer({ min: 0, max: vocab - 1 });
const piece = fc.array(token, { minLength: 1, maxLength: 3 });
const act = fc.oneof(
  fc.record({ act: fc.constant("step" as const), token }),
  fc.record({ act: fc.constant("step" as const), token }),
  fc.record({ act: fc.constant("extend" as const), tokens: piece }),
  fc.record({ act: fc.constant("guess" as const), tokens: piece }),
  fc.record({ act: fc.constant("draft" as const), tokens: piece }),
  fc.record({ act: fc.constant("select" as const), rows: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }),
  fc.record({ act: fc.constant("fork" as const), tokens: piece }),
  fc.record({ act: fc.constant("save" as const) }),
  fc.record({ act: fc.constant("turn" as const), tokens: piece }),
);
const kindAndMask = fc.oneof(
  fc.record({ kind: fc.constantFrom(...Object.keys(whole)), mask: fc.constantFrom(...Object.keys(masks)) }),
  fc.record({ kind: fc.constantFrom(...Object.keys(sliding)), mask: fc.constantFrom(...narrow) }),
);
const scene = fc.record({
  scheme: fc.constantFrom(...(Object.keys(schemes) as Scheme[])),
  kvHeads: fc.constantFrom(1, 2),
  kindAndMask,
  prompts: fc.array(fc.array(token, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 3 }),
  chunk: fc.constantFrom(undefined, 1, 2, 5),
  acts: fc.array(act, { maxLength: 7 }),
});

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(async () => {
    await device[Symbol.asyncDispose]();
  });

  test("cached equals uncached: masks, schemes, kinds, padding, batches, pieces, beams, guesses taken back, forks, files, second turns", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ scheme, kvHeads, kindAndMask, prompts, chunk, acts }) => {
        const model: AnyLanguageModel = smallLanguageModel(scheme, kvHeads);
        const params = init(model, fresh(1, { device }));
        const mask = masks[kindAndMask.mask] as (length: number) => Mask;
        const cache = (whole[kindAndMask.kind] ?? sliding[kindAndMask.kind]) as Caching;
        const reader = decoder(model, params, { mask, cache, ...(chunk ? { chunk } : {}) });
        const run = bind(model, params);
        const width = Math.max(...prompts.map(({ length }) => length));
        const pads = prompts.map(({ length }) => width - length);

        /** Logits after the last `count` tokens of each row, of one call that keeps nothing. */
        const uncached = async (texts: readonly (readonly number[])[], rows: readonly number[], promptLength: number, count: number): Promise<number[]> => {
          const time = (texts[0] as readonly number[]).length;
          const own = rows.map((row) => pads[row] as number);
          const visible = selectRows(and(mask(promptLength), leftPadding(pads)), rows);
          const at = Int32Array.from(own.flatMap((pad) => Array.from({ length: time }, (_, place) => Math.max(0, place - pad))));
          const all = await run(fromData(Int32Array.from(texts.flat()), [texts.length, time], { device }), { mask: visible, positions: at }).data();
          return texts.flatMap((_, row) => Array.from(all.slice(((row + 1) * time - count) * vocab, (row + 1) * time * vocab)));
        };

        let texts = prompts.map((prompt, row) => [...new Array<number>(pads[row] as number).fill(0), ...prompt]);
        let rows = prompts.map((_, row) => row);
        let promptLength = width;
        const first = reader.begin(prompts);
        let state: DecodingState = first.state;
        toClose(await first.logits.data(), await uncached(texts, rows, promptLength, 1), tolerance, "begin");
        const room = (count: number): boolean => (texts[0] as readonly number[]).length + count <= positions;
        const added = (tokens: readonly number[]): number[][] => texts.map((text) => [...text, ...tokens]);

        for (const [index, one] of acts.entries()) {
          const what = `${one.act}, the ${index + 1}th`;
          if ("tokens" in one && !room(one.tokens.length)) continue;
          if (one.act === "step" && room(1)) {
            const { logits, state: after } = reader.step(
              texts.map(() => one.token),
              state,
            );
            [texts, state] = [added([one.token]), after];
            toClose(await logits.data(), await uncached(texts, rows, promptLength, 1), tolerance, what);
          } else if (one.act === "extend" || one.act === "guess" || one.act === "fork") {
            const from = one.act === "fork" ? reader.fork(state) : state;
            const { logits, state: after } = reader.extend(
              texts.map(() => one.tokens),
              from,
            );
            toClose(await logits.data(), await uncached(added(one.tokens), rows, promptLength, one.tokens.length), tolerance, what);
            if (one.act === "extend") [texts, state] = [added(one.tokens), after];
            // what was read is as if it had not been: the next act says so
            if (one.act === "guess") state = reader.rewind(after, one.tokens.length);
          } else if (one.act === "draft") {
            // as a draft model guesses: one by one, and all of it taken back
            for (const next of one.tokens)
              state = reader.step(
                texts.map(() => next),
                state,
              ).state;
            state = reader.rewind(state, one.tokens.length);
          } else if (one.act === "select") {
            const chosen = one.rows.map((row) => row % rows.length);
            state = reader.select(state, Int32Array.from(chosen));
            [texts, rows] = [chosen.map((row) => texts[row] as number[]), chosen.map((row) => rows[row] as number)];
          } else if (one.act === "save") {
            const { tensors, json } = saveDecoding(state);
            const files = await Promise.all(Object.entries(tensors).map(async ([name, tensor]) => [name, await tensor.data(), tensor.shape] as const));
            const read = Object.fromEntries(files.map(([name, data, shape]): [string, Tensor] => [name, fromData(data, shape, { device })]));
            state = reader.restore({ tensors: read, json: JSON.parse(JSON.stringify(json)) as typeof json });
          } else if (one.act === "turn") {
            const growing = promptLength + ((texts[0] as readonly number[]).length - promptLength) + one.tokens.length;
            const turn = reader.from(state).begin(texts.map(() => one.tokens));
            [texts, state, promptLength] = [added(one.tokens), turn.state, growing];
            toClose(await turn.logits.data(), await uncached(texts, rows, promptLength, 1), tolerance, what);
          }
        }
        if (!room(1)) return;
        const { logits } = reader.step(
          texts.map(() => 1),
          state,
        );
        toClose(await logits.data(), await uncached(added([1]), rows, promptLength, 1), tolerance, "the last");
      }),
      { numRuns: 40 },
    );
  });
});
