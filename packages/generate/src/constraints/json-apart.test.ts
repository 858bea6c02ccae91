// Alternatives of which one at most fits.
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { jsonSchema } from "../index.ts";
import { end, vocabulary } from "../testing/byte-tokens.ts";
import { written } from "../testing/written.ts";

const ajv = new Ajv2020({ strict: false });

describe("oneOf", () => {
  const shape = (kind: unknown, more: object = {}) => ({ type: "object", properties: { kind, ...more }, required: ["kind"] });
  const line = (oneOf: readonly unknown[], defs: object = {}): string => {
    try {
      jsonSchema({ oneOf, $defs: defs }, vocabulary, { end });
      return "fine";
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each<[string, readonly unknown[]]>([
    ["types", [{ type: "string" }, { type: ["integer", "null"] }, { type: "array" }]],
    ["constants", [{ const: 1 }, { enum: [2, "1"] }]],
    ["a constant beyond a schema", [{ const: "abcd" }, { type: "string", maxLength: 3 }, { const: 1 }]],
    ["a property with a constant", [shape({ const: "a" }), shape({ enum: ["b", "c"] }, { value: {} })]],
    [
      "bounds",
      [
        { type: "integer", maximum: 3 },
        { type: "number", minimum: 3.5 },
      ],
    ],
    [
      "lengths",
      [
        { type: "string", maxLength: 2 },
        { type: "string", minLength: 3 },
      ],
    ],
    [
      "what must be there",
      [
        { ...shape({}), additionalProperties: false },
        { type: "object", properties: { other: {} }, required: ["other"], additionalProperties: false },
      ],
    ],
    [
      "what items are",
      [
        { type: "array", items: { type: "null" }, minItems: 1 },
        { type: "array", items: { type: "string" }, minItems: 1 },
      ],
    ],
    ["alternatives of alternatives", [{ anyOf: [{ const: 1 }, { const: 2 }] }, { oneOf: [{ const: 3 }, { type: "null" }] }]],
    ["references", [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }]],
  ])("is any of them where they are told apart by %s", (_, oneOf) => {
    const defs = { a: shape({ const: "a" }, { next: { $ref: "#/$defs/a" } }), b: shape({ const: "b" }) };
    expect(line(oneOf, defs)).toBe("fine");
    const whole = { oneOf, $defs: defs };
    const validate = ajv.compile(whole);
    let at = 0;
    for (let text = 0; text < 20; text++) expect(validate(JSON.parse(written(whole, () => Math.imul(++at * 7919 + text, 0x9e3779b1) >>> 8)))).toBe(true);
  });

  test.each<[string, readonly unknown[]]>([
    ["of one type", [{ type: "string" }, { type: "string", pattern: "^a$" }]],
    ["numbers of both kinds", [{ type: "number" }, { type: "integer" }]],
    ["a constant within", [{ const: 3 }, { type: "integer" }]],
    ["objects of which one says nothing of the other's property", [shape({ const: "a" }), { type: "object", properties: { other: {} } }]],
    [
      "empty arrays",
      [
        { type: "array", items: { type: "null" } },
        { type: "array", items: { type: "string" } },
      ],
    ],
    ["any value", [{ type: "null" }, {}]],
    ["one that nests in itself", [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }]],
  ])("is an error where a value may be of two: %s", (_, oneOf) => {
    const message = line(oneOf, { a: { type: "array", items: { $ref: "#/$defs/a" }, minItems: 1 } });
    expect(message).toBe(
      "jsonSchema: a value may be of both 0 and 1, and oneOf wants one alone; tell them apart by a required property with const, or say anyOf (at oneOf)",
    );
  });
});
