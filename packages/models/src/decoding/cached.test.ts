// Cached equals uncached: what decoding says token by token is what one call says of the whole text, over masks, positions, padding and batches.
import { growingCache } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { collect, type Decoder, generate } from "@ashlar/generate";
import { and, causal, chunked, leftPadding, type Mask, or, padding, prefix, slidingWindow, where } from "@ashlar/mask";
import { bind, fresh, init } from "@ashlar/nn";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import type { AnyLanguageModel } from "../language-model.ts";
import { ids } from "../testing/golden-model.ts";
import { type Scheme, schemes, smallEncoderDecoder, smallLanguageModel, vocab } from "../testing/small.ts";
import { decoder } from "./decoder.ts";
import { sequenceDecoder } from "./sequence-decoder.ts";

const device = reference();
// the same sums in another order, in float32, of logits around 10
const tolerance = { rtol: 1e-4, atol: 1e-4 };
const runs = { numRuns: 25 };

const token = fc.integer({ min: 0, max: vocab - 1 });
const rowsOf = (size: number) => fc.array(fc.array(token, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: size });
const scheme = fc.constantFrom(...(Object.keys(schemes) as Scheme[]));
const kvHeads = fc.constantFrom(1, 2);

/** Masks by the padded prompt's length; those that moved along with the text look the same from every row. */
const moving: Record<string, (length: number) => Mask> = {
  causal: () => causal,
  "prefix of the prompt": (length) => or(causal, prefix(length)),
  "sliding window": () => slidingWindow(3),
};
const fixed: Record<string, (length: number) => Mask> = {
  chunked: () => and(causal, chunked(4)),
  // not beyond the prompt: what is written later can't be seen while it isn't there
  "prefix of three": (length) => or(causal, prefix(Math.min(3, length))),
  "a rule nobody shipped": () =>
    and(
      causal,
      where((query, key) => query === key || (query * 5 + key * 3) % 7 < 4),
    ),
};
const masks = { ...moving, ...fixed };
const maskName = fc.constantFrom(...Object.keys(masks));

/** Greedy decoding, and the logits of every step. */
async function decoded<State>(inner: Decoder<State>, prompts: readonly (readonly number[])[], maxTokens: number) {
  const logits: Promise<ArrayLike<number>>[] = [];
  const noted = <Result extends ReturnType<Decoder<State>["begin"]>>(result: Result): Result => {
    logits.push(result.logits.data());
    return result;
  };
  const watched: Decoder<State> = { begin: (prompts) => noted(inner.begin(prompts)), step: (tokens, state) => noted(inner.step(tokens, state)) };
  const rows = await collect(generate(watched, prompts, { maxTokens }));
  const steps = await Promise.all(logits);
  return {
    texts: rows.map(({ tokens }) => tokens),
    row: (index: number) => steps.flatMap((step) => Array.from(step).slice(index * vocab, (index + 1) * vocab)),
  };
}

const steps = 4;

describe("language models", () => {
  test("a batch with left padding, step by step, equals one call without a cache", async () => {
    await fc.assert(
      fc.asyncProperty(scheme, kvHeads, maskName, rowsOf(3), async (scheme, kvHeads, name, prompts) => {
        const model: AnyLanguageModel = smallLanguageModel(scheme, kvHeads);
        const params = init(model, fresh(1, { device }));
        const mask = masks[name]!;
        const { texts, row } = await decoded(decoder(model, params, { mask }), prompts, steps);
        const width = Math.max(...prompts.map(({ length }) => length));
        const pads = prompts.map(({ length }) => width - length);
        const whole = prompts.map((prompt, index) => [...new Array<number>(pads[index]!).fill(0), ...prompt, ...texts[index]!]);
        const positions = Int32Array.from(pads.flatMap((pad) => whole[0]!.map((_, at) => Math.max(0, at - pad))));
        const all = await bind(model, params)(ids(whole, device), { mask: and(mask(width), leftPadding(pads)), positions }).data();
        for (const index of prompts.keys()) {
          const first = index * whole[0]!.length + width - 1;
          toClose(row(index), all.slice(first * vocab, (first + steps) * vocab), tolerance, `row ${index}`);
        }
      }),
      runs,
    );
  });

  test("a row beside others, padded, equals the row alone", async () => {
    await fc.assert(
      fc.asyncProperty(scheme, fc.constantFrom(...Object.keys(moving)), rowsOf(3), async (scheme, name, prompts) => {
        const model: AnyLanguageModel = smallLanguageModel(scheme);
        const params = init(model, fresh(2, { device }));
        const { texts, row } = await decoded(decoder(model, params, { mask: moving[name]! }), prompts, steps);
        for (const [index, prompt] of prompts.entries()) {
          const alone = await bind(model, params)(ids([[...prompt, ...texts[index]!]], device), { mask: moving[name]!(prompt.length) }).data();
          const first = prompt.length - 1;
          toClose(row(index), alone.slice(first * vocab, (first + steps) * vocab), tolerance, `row ${index}`);
        }
      }),
      runs,
    );
  });

  test("several tokens at once equal one by one; taken back, they leave no trace; rows may be dropped and repeated", async () => {
    await fc.assert(
      fc.asyncProperty(
        scheme,
        maskName,
        rowsOf(3),
        fc.array(token, { minLength: 2, maxLength: 3 }),
        fc.infiniteStream(fc.nat()),
        async (scheme, name, prompts, more, choices) => {
          const model: AnyLanguageModel = smallLanguageModel(scheme);
          // states are continued more than once here
          const reader = decoder(model, init(model, fresh(3, { device })), { mask: masks[name]!, cache: growingCache() });
          const { state } = reader.begin(prompts);
          const guesses = prompts.map(() => more);
          const extended = reader.extend(guesses, state);
          let one = { state, logits: [] as number[][] };
          for (const next of more) {
            const { state, logits } = reader.step(
              prompts.map(() => next),
              one.state,
            );
            one = { state, logits: [...one.logits, Array.from(await logits.data())] };
          }
          const together = Array.from(await extended.logits.data());
          const byRow = prompts.flatMap((_, row) => one.logits.flatMap((logits) => logits.slice(row * vocab, (row + 1) * vocab)));
          toClose(together, byRow, tolerance, "extend");

          const back = reader.rewind(extended.state, more.length);
          const again = reader.step(
            prompts.map(() => more[0]!),
            back,
          );
          toClose(await again.logits.data(), one.logits[0]!, tolerance, "rewind");

          const rows = Int32Array.from({ length: 3 }, () => choices.next().value! % prompts.length);
          const chosen = reader.step([more[0]!, more[0]!, more[0]!], reader.select(reader.select(state, rows), Int32Array.of(2, 0, 1)));
          const wanted = [rows[2]!, rows[0]!, rows[1]!].flatMap((row) => one.logits[0]!.slice(row * vocab, (row + 1) * vocab));
          toClose(await chosen.logits.data(), wanted, tolerance, "select");
        },
      ),
      runs,
    );
  });
});

test.each([false, true])("encoder-decoders, sources padded to one width, equal one call for each row alone (one stack: %s)", async (oneStack) => {
  await fc.assert(
    fc.asyncProperty(scheme, kvHeads, rowsOf(3), async (scheme, kvHeads, sources) => {
      const model: AnyEncoderDecoder = smallEncoderDecoder(scheme, kvHeads, { oneStack });
      const params = init(model, fresh(4, { device }));
      const start = 3;
      const { texts, row } = await decoded(sequenceDecoder(model, params, { start }), sources, steps);
      for (const [index, source] of sources.entries()) {
        const target = [start, ...texts[index]!.slice(0, -1)];
        const alone = bind(model, params)(ids([source], device), ids([target], device), { sourceMask: padding(source.length) });
        toClose(row(index), await alone.data(), tolerance, `row ${index}`);
      }
    }),
    runs,
  );
});

test("prompts without a token are refused", () => {
  const model: AnyLanguageModel = smallLanguageModel("rotary");
  const reader = decoder(model, init(model, fresh(0, { device })));
  const message = (run: () => unknown): string => {
    try {
      run();
      return "nothing was thrown";
    } catch (error) {
      return String(error);
    }
  };
  expect(message(() => reader.begin([[1, 2], []]))).toMatchInlineSnapshot(
    `"ModelsError: decoder: expected at least one token in each prompt, got none in row 1; begin it with a start token"`,
  );
  expect(message(() => reader.begin([]))).toMatchInlineSnapshot(`"ModelsError: decoder: expected at least one prompt, got none"`);
  expect(message(() => reader.extend([[1, 2], [3]], reader.begin([[1], [2]]).state))).toMatchInlineSnapshot(
    `"ModelsError: decoder: expected rows of 2 tokens to read, got 1 in row 1; a row of another length goes on alone: select(state, Int32Array.of(row))"`,
  );
});
