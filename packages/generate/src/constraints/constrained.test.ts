// Whatever a model would like to say, what ends is of the language.
import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { beamSearch, collect, generate, matching, temperature } from "../index.ts";
import { orderly } from "../testing/decoders.ts";
import { end, textOf, tokens, vocabulary } from "../testing/odd-tokens.ts";
import { Automaton } from "./automaton.ts";
import { languageOf } from "./pattern.ts";
import { TokenOrder } from "./token-order.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

describe("constrained decoding", () => {
  test("every text that ends matches, whatever the model would like to say, batches, samples and beams alike", async () => {
    for (const pattern of [/(ab|é)+1?/, /[^a]{3}/, /\d{1,3}(-b)*/]) {
      const only = matching(pattern, vocabulary, { end });
      const options = { stop: end, maxTokens: 30 };
      const decoder = orderly(device, { vocab: tokens.length, sharpness: 3 });
      const prompts = [[1], [2, 3], [7]];
      const sampled = await collect(generate(decoder, prompts, { ...options, sample: [only, temperature(1.5)], seed: 3, samples: 4 }));
      const searched = await collect(generate(decoder, prompts, { ...options, strategy: beamSearch({ beams: 4, keep: 2, processors: [only] }) }));
      for (const made of [...sampled, ...searched]) if (made.end === "stop") expect(textOf(made.tokens)).toMatch(new RegExp(`^(?:${pattern.source})$`, "u"));
      expect(sampled.filter((made) => made.end === "stop").length).toBeGreaterThan(3);
    }
  });

  test("what is read once for many tokens is what each gives alone", () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 4, max: 3 });
    const pattern = fc.constantFrom("[\\x00-\\x03]*", "(\\0|\\x01\\x02)+", "\\x03(\\x01|\\x02\\0)*", "\\0?\\x01?\\x02?");
    fc.assert(
      fc.property(fc.array(bytes), pattern, fc.array(fc.nat(3), { maxLength: 3 }), (all, source, before) => {
        const automaton = new Automaton(languageOf(source));
        const state = before.reduce((at, byte) => automaton.step(at, byte), automaton.start);
        const marks = new TokenOrder({ size: all.length, bytes: (token) => all[token] }).following(automaton, state);
        const alone = all.map((each) => Number(each.length > 0 && each.reduce((at, byte) => automaton.step(at, byte), state) >= 0));
        expect([...marks]).toEqual(alone);
      }),
    );
  });

  test("leaves exactly the tokens with which a text can go on, and the end when it is whole", () => {
    const left = (pattern: RegExp, ids: number[]): unknown[] => {
      const logits = new Float32Array(tokens.length);
      matching(pattern, vocabulary, { end })(logits, { row: 0, ids: [0, ...ids], promptLength: 1, step: ids.length });
      return [...logits.keys()].filter((token) => logits[token] === 0).map((token) => (token === end ? "end" : tokens[token]));
    };
    expect(left(/ab(é|1)*/, [])).toEqual(["a", "ab"]);
    expect(left(/ab(é|1)*/, [0])).toEqual(["b", "b1"]);
    expect(left(/ab(é|1)*/, [2])).toEqual(["1", [0xc3], "é", "end"]);
    expect(left(/ab(é|1)*/, [2, 5])).toEqual([[0xa9]]);
    expect(left(/ab/, [2])).toEqual(["end"]);
    // once it has ended, nothing but the end follows
    expect(left(/a*/, [0, end])).toEqual(["end"]);
    // the vocabulary can't say it
    expect(left(/xyz/, [])).toEqual([]);
  });

  test("mistakes are one clear line each", () => {
    expect(() => matching("a", { size: 3, bytes: () => undefined }, { end })).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: matching: the vocabulary knows the bytes of no token; a tokenizer that changes texts can't be constrained]`,
    );
    expect(() => matching("a", vocabulary, { end: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: matching: a token id of end must be a whole number of at least 0, got -1]`,
    );
    expect(() => matching("a", vocabulary, { end, flags: "u" } as never)).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: matching: unknown option "flags"; it takes end]`,
    );
  });
});
