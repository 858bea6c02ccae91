import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { beamSearch, collect, generate, jsonSchema, matching, type TokenBytes, temperature } from "../index.ts";
import { orderly } from "../testing/decoders.ts";
import { Automaton } from "./automaton.ts";
import { schemaLanguage } from "./json-language.ts";
import type { Language } from "./language.ts";
import { languageOf } from "./pattern.ts";
import { TokenOrder } from "./token-order.ts";
import { byteRanges } from "./utf8.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const reader = (language: Language) => {
  const automaton = new Automaton(language);
  const read = (text: string): number => encode(text).reduce((state, byte) => automaton.step(state, byte), automaton.start);
  return { accepts: (text: string) => automaton.accepts(read(text)), lives: (text: string) => read(text) >= 0 };
};

describe("a regular expression", () => {
  const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("a", "b", "é", ".", "[ab]", "[^a]", "[^b-é]", "\\w", "\\S", "\\u00e9", "\\x61", "[\\d_-]", "[é-😀]", "😀"),
      tie("pattern").map((inside) => `(${inside})`),
      tie("pattern").map((inside) => `(?:${inside})`),
    ),
    pattern: fc
      .array(fc.tuple(tie("atom"), fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "{0}"), fc.constantFrom("", "", "|")), {
        minLength: 1,
        maxLength: 3,
      })
      .map((parts) => parts.map(([atom, count, or], index) => `${atom}${count}${index < parts.length - 1 ? or : ""}`).join("")),
  }));
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀", "1", "\n", "-"), maxLength: 5 });

  test("lets through what JavaScript's lets through, and nothing else", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 20 }), (source, texts) => {
        const { accepts, lives } = reader(languageOf(source));
        const whole = new RegExp(`^(?:${source})$`, "u");
        for (const each of texts) {
          expect(accepts(each), `/${source}/ on ${JSON.stringify(each)}`).toBe(whole.test(each));
          if (accepts(each))
            for (let length = 0; length <= each.length; length++)
              if (!/[\ud800-\udbff]$/.test(each.slice(0, length))) expect(lives(each.slice(0, length))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("gives up a beginning as soon as nothing can come of it", () => {
    const { lives, accepts } = reader(languageOf("(cat|cow)s?|dog{2,}"));
    expect(["", "c", "ca", "cats", "do", "dogggg"].map(lives)).toEqual(Array(6).fill(true));
    expect(["x", "cab", "catss", "dogs", "cats "].map(lives)).toEqual(Array(5).fill(false));
    expect(["cat", "cows", "dogg", "dog", "ca"].map(accepts)).toEqual([true, true, true, false, false]);
  });

  test("characters are their bytes: every one of a range and none beside", () => {
    const point = fc.integer({ min: 0, max: 0x10ffff }).filter((each) => each < 0xd800 || each > 0xdfff);
    fc.assert(
      fc.property(point, point, fc.array(point, { maxLength: 20 }), (a, b, others) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const ranges = byteRanges([[from, to]]);
        for (const each of [from, to, from - 1, to + 1, ...others]) {
          if (each < 0 || each > 0x10ffff || (each >= 0xd800 && each <= 0xdfff)) continue;
          const bytes = encode(String.fromCodePoint(each));
          const found = ranges.filter(
            (range) => range.length === bytes.length && range.every(([low, high], index) => bytes[index]! >= low && bytes[index]! <= high),
          );
          expect(found.length).toBe(each >= from && each <= to ? 1 : 0);
        }
      }),
    );
  });

  test("mistakes are one clear line each, with their place", () => {
    const line = (source: string | RegExp): string => {
      try {
        languageOf(source);
        return "nothing was thrown";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(line("a(b")).toMatchInlineSnapshot(`"pattern: a group is not closed by ")", at character 3 of /a(b/"`);
    expect(line("a)b")).toMatchInlineSnapshot(`"pattern: there is nothing that ")" closes, at character 1 of /a)b/"`);
    expect(line("[ab")).toMatchInlineSnapshot(`"pattern: a class is not closed by "]", at character 3 of /[ab/"`);
    expect(line("*a")).toMatchInlineSnapshot(`"pattern: "*" has no meaning here; write "\\*", at character 0 of /*a/"`);
    expect(line("a**")).toMatchInlineSnapshot(`"pattern: there is nothing to repeat, at character 3 of /a**/"`);
    expect(line("a{3,2}")).toMatchInlineSnapshot(`"pattern: {3,2} has no number, at character 1 of /a{3,2}/"`);
    expect(line("a{x}")).toMatchInlineSnapshot(`"pattern: expected {n}, {n,} or {n,m}, at character 1 of /a{x}/"`);
    expect(line("(?=a)b")).toMatchInlineSnapshot(`"pattern: looking ahead or behind is no regular language, at character 2 of /(?=a)b/"`);
    expect(line("(?<!a)b")).toMatchInlineSnapshot(`"pattern: looking ahead or behind is no regular language, at character 2 of /(?<!a)b/"`);
    expect(line("(a)\\1")).toMatchInlineSnapshot(`"pattern: "\\1" is not known here, at character 5 of /(a)\\1/"`);
    expect(line("a\\b")).toMatchInlineSnapshot(`"pattern: "\\b" is not known here, at character 3 of /a\\b/"`);
    expect(line("a^b")).toMatchInlineSnapshot(`"pattern: the whole text matches, so "^" stands only at its ends, at character 1 of /a^b/"`);
    expect(line("[z-a]")).toMatchInlineSnapshot(`"pattern: a range of a class needs a first and a last character, at character 4 of /[z-a]/"`);
    expect(line("[^\\s\\S]")).toMatchInlineSnapshot(`"pattern: a class has no character, at character 7 of /[^\\s\\S]/"`);
    expect(line("a\\")).toMatchInlineSnapshot(`"pattern: there is nothing after "\\", at character 3 of /a\\/"`);
    expect(line(/a/i)).toMatchInlineSnapshot(`"pattern: the flag "i" of /a/i has no meaning here; u and s are known"`);
    expect(() => new Automaton(languageOf("(a{1000}){1000}"))).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: constraint: it needs more than 200000 states; let it repeat less]`,
    );
    expect(["^ab$", "(?<year>a)b", /ab/su].map(line)).toEqual(Array(3).fill("nothing was thrown"));
  });
});

/** Tokens that don't respect characters: some are half of one, some are several, two are special. */
const tokens: readonly (string | number[] | undefined)[] = [
  "a",
  "b",
  "ab",
  "1",
  "12",
  [0xc3],
  [0xa9],
  "é",
  "",
  undefined,
  "b1",
  "-",
  "<end>",
  "<pad>",
  '"',
  "{",
  "}",
  ":",
  ",",
  "n",
  '"n"',
  "u",
  "ll",
  "e",
  "true",
  "false",
  "[",
  "]",
  " ",
  "null",
  "0",
  ".",
  "2",
];
const vocabulary: TokenBytes = {
  size: tokens.length,
  specialIds: [12, 13],
  bytes: (token) => {
    const entry = tokens[token];
    return typeof entry === "string" ? encode(entry) : entry && Uint8Array.from(entry);
  },
};
const end = 12;
const textOf = (ids: readonly number[]): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(ids.filter((id) => id !== end).flatMap((id) => [...(vocabulary.bytes(id) ?? [])])));

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

describe("a JSON schema", () => {
  const person = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "a person",
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 8 },
      age: { type: "integer" },
      born: { $ref: "#/$defs/date" },
      tags: { type: "array", items: { enum: ["red", "green", null, 3] }, maxItems: 3 },
      height: { type: ["number", "null"] },
      home: { anyOf: [{ const: { place: "here" } }, { type: "boolean" }] },
    },
    required: ["age", "tags"],
    additionalProperties: false,
    $defs: { date: { type: "string", pattern: "^\\d{4}-\\d{2}$" } },
  };
  const value = fc.record(
    {
      name: fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).filter((text) => text.isWellFormed()),
      age: fc.integer(),
      born: fc.constantFrom("1950-01", "2001-12"),
      tags: fc.array(fc.constantFrom("red", "green", null, 3), { maxLength: 3 }),
      height: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null)),
      home: fc.constantFrom({ place: "here" }, true, false),
    },
    { requiredKeys: ["age", "tags"], noNullPrototype: true },
  );
  const { accepts } = reader(schemaLanguage(person, languageOf(" ?")));
  const inOrder = (given: object) =>
    Object.fromEntries(Object.keys(person.properties).flatMap((name) => (name in given ? [[name, given[name as never]]] : [])));

  test("lets through every value that it describes", () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(accepts(JSON.stringify(inOrder(given)))).toBe(true);
        expect(accepts(JSON.stringify(inOrder(given), null, 1).replaceAll(/\n */g, ""))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("and nothing else", () => {
    const good = { name: "Ann", age: 3, tags: ["red"] };
    expect(accepts(JSON.stringify(good))).toBe(true);
    for (const bad of [
      { name: "Ann", age: 3 },
      { ...good, name: "" },
      { ...good, name: "far too long" },
      { ...good, age: 3.5 },
      { ...good, tags: ["blue"] },
      { ...good, tags: Array(4).fill(null) },
      { ...good, more: 1 },
      [],
      "Ann",
      { tags: ["red"], age: 3 },
    ])
      expect(accepts(JSON.stringify(bad)), JSON.stringify(bad)).toBe(false);
    for (const bad of ['{"age":03,"tags":[]}', '{"age":3,"tags":[],}', '{"age":3,"tags":[]', '{,"age":3,"tags":[]}', '{"age":3 ,"tags":[]}'])
      expect(accepts(bad), bad).toBe(false);
  });

  test("beside a type only the values of it count", () => {
    const { accepts } = reader(schemaLanguage({ type: ["integer", "null"], enum: [1, 1.5, "a", null, true] }, languageOf("")));
    expect(["1", "1.5", '"a"', "null", "true"].map(accepts)).toEqual([true, false, false, true, false]);
  });

  test("what a model says under it is JSON of that form", async () => {
    const schema = { type: "object", properties: { n: { type: "array", items: { type: ["boolean", "null"] } }, null: { enum: ["ab", 12] } }, required: ["n"] };
    const only = jsonSchema(schema, vocabulary, { end });
    const made = await collect(
      generate(orderly(device, { vocab: tokens.length }), [[1], [2], [3], [4]], {
        sample: [only, temperature(2)],
        seed: 1,
        samples: 3,
        stop: end,
        maxTokens: 60,
      }),
    );
    const whole = made.filter(({ end }) => end === "stop").map(({ tokens }) => JSON.parse(textOf(tokens)) as { n: unknown[] });
    expect(whole.length).toBeGreaterThan(3);
    for (const { n } of whole) for (const each of n) expect([true, false, null]).toContain(each);
  });

  test("what it says beyond that is an error with its place, never ignored", () => {
    const line = (schema: unknown): string => {
      try {
        jsonSchema(schema, vocabulary, { end });
        return "nothing was thrown";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const inside = (schema: object) => line({ type: "object", properties: { age: schema } });
    expect(line(null)).toMatchInlineSnapshot(`"jsonSchema: expected a schema, an object, got null"`);
    expect(inside({ type: "integer", multipleOf: 2 })).toMatchInlineSnapshot(
      `"jsonSchema: "multipleOf" is not understood here, and would be ignored; understood are type, minimum, maximum, exclusiveMinimum, exclusiveMaximum (at properties.age)"`,
    );
    expect(inside({ type: "date" })).toMatchInlineSnapshot(
      `"jsonSchema: type must be one of object, array, string, number, integer, boolean, null, got "date" (at properties.age)"`,
    );
    expect(inside({ allOf: [{ type: "null" }] })).toMatchInlineSnapshot(
      `"jsonSchema: "allOf" is not understood here, and would be ignored; understood are type, enum, const, anyOf, oneOf, $ref (at properties.age)"`,
    );
    expect(inside({ anyOf: [] })).toMatchInlineSnapshot(`"jsonSchema: anyOf must be a list of one or more (at properties.age)"`);
    expect(inside({ enum: [1], minimum: 0 })).toMatchInlineSnapshot(
      `"jsonSchema: "minimum" is not understood here, and would be ignored; understood are enum, type (at properties.age)"`,
    );
    expect(inside({ type: "string", enum: [1] })).toMatchInlineSnapshot(`"jsonSchema: none of the values is of type "string" (at properties.age)"`);
    expect(inside({ type: "array", items: { type: "null" }, minItems: 3, maxItems: 2 })).toMatchInlineSnapshot(
      `"jsonSchema: minItems and maxItems must be whole numbers, the first at most the second, got 3 and 2 (at properties.age)"`,
    );
    expect(inside({ type: "string", pattern: "a+" })).toMatchInlineSnapshot(
      `"jsonSchema: pattern must be a text that begins with ^ and ends with $, got "a+" (at properties.age)"`,
    );
    expect(inside({ type: "string", pattern: "^.+$" })).toMatchInlineSnapshot(
      `"jsonSchema: the pattern ^.+$ lets through quotes, backslashes or control characters, which JSON writes otherwise; leave them out of its classes (at properties.age)"`,
    );
    expect(inside({ type: "string", pattern: "^a$", minLength: 1 })).toMatchInlineSnapshot(
      `"jsonSchema: pattern and lengths at once are not understood; say the length in the pattern (at properties.age)"`,
    );
    expect(line({ type: "object", properties: {}, required: ["age"] })).toMatchInlineSnapshot(
      `"jsonSchema: required names "age", which is not among the properties"`,
    );
    expect(line({ type: "object", properties: { a: {} }, additionalProperties: true })).toMatchInlineSnapshot(
      `"jsonSchema: additionalProperties beside properties must be false or left out: what is not listed is never said"`,
    );
    expect(inside({ $ref: "#/$defs/none" })).toMatchInlineSnapshot(`"jsonSchema: there is nothing at #/$defs/none (at properties.age)"`);
    expect(inside({ $ref: "https://example.com" })).toMatchInlineSnapshot(
      `"jsonSchema: $ref must point into this schema ("#/$defs/name"), got "https://example.com" (at properties.age)"`,
    );
  });
});
