// A JSON schema lets through what it describes and nothing else.
import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collect, generate, jsonSchema, temperature } from "../index.ts";
import { orderly } from "../testing/decoders.ts";
import { reader } from "../testing/languages.ts";
import { end, textOf, tokens, vocabulary } from "../testing/odd-tokens.ts";
import { schemaLanguage } from "./json-language.ts";
import { languageOf } from "./pattern.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
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
