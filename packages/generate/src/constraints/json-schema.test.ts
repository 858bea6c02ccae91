// What a schema lets through is JSON that another validator finds to be of that schema; and of what it describes nothing is kept out.
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schemaReader } from "../testing/languages.ts";
import { $defs, written } from "../testing/written.ts";

const ajv = new Ajv2020({ strict: false });

// in millionths: a number next to 5e-324 takes more digits than the writer has patience
const fraction = fc.integer({ min: -50e6, max: 50e6 }).map((millionths) => millionths / 1e6);
const bound = fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -1e6, max: 1e6 }), fraction);
/** Keys of bounds in an order that has numbers between them. */
const bounded = (low: string, high: string, room: number) =>
  fc.record({ a: bound, b: bound, which: fc.constantFrom("low", "high", "both") }).map(({ a, b, which }) => ({
    ...(which === "high" ? {} : { [low]: Math.min(a, b) }),
    ...(which === "low" ? {} : { [high]: Math.max(a, b) + room }),
  }));
const leaf = fc.oneof(
  fc.constantFrom<object>({ type: "null" }, { type: "boolean" }, { type: "number" }, { type: "integer" }, { enum: ["red", 3, null] }, { const: { a: [1] } }),
  fc.constantFrom<object>(
    { type: "string", maxLength: 3 },
    { type: "string", pattern: "^[a-c]{2}$" },
    { type: ["string", "null"] },
    {},
    { type: "array", maxItems: 2 },
  ),
  bounded("minimum", "maximum", 1).map((keys) => ({ type: "integer", ...keys })),
  bounded("exclusiveMinimum", "exclusiveMaximum", 3).map((keys) => ({ type: "integer", ...keys })),
  bounded("minimum", "maximum", 0).map((keys) => ({ type: "number", ...keys })),
  bounded("minimum", "maximum", 1).map((keys) => ({ type: ["integer", "null"], ...keys })),
);
const names = ["a", "b", "c"];
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.constantFrom({ $ref: "#/$defs/tree" }, { $ref: "#/$defs/list" }),
    fc.record({ type: fc.constant("array"), items: tie("schema"), minItems: fc.nat(2) }),
    fc.record({ type: fc.constant("object"), additionalProperties: tie("schema") }),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    // told apart by a property, as unions are
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((values) => ({
      oneOf: values.map((value, index) => ({ type: "object", properties: { kind: { const: names[index] }, value }, required: ["kind"] })),
    })),
    fc.record({ values: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }), needed: fc.subarray(names) }).map(({ values, needed }) => ({
      type: "object",
      properties: Object.fromEntries(values.map((value, index) => [names[index], value])),
      required: needed.filter((name) => names.indexOf(name) < values.length),
      additionalProperties: false,
    })),
  ),
}));

describe("whatever is written under a schema", () => {
  test("parses, and another validator finds it of that schema", () => {
    fc.assert(
      fc.property(schema, fc.infiniteStream(fc.nat()), (inner, choices) => {
        const whole = { ...(inner as object), $defs };
        const text = written(whole, () => choices.next().value as number);
        const validate = ajv.compile(whole);
        expect(validate(JSON.parse(text)), `${text}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe("what a schema describes is let through", () => {
  test("values that nest, as deep as they come", () => {
    const tree = (depth: number): fc.Arbitrary<object> =>
      fc
        .record(
          { value: fc.nat(), children: fc.array(depth > 0 ? tree(depth - 1) : fc.constant({ children: [] }), { maxLength: 2 }) },
          { requiredKeys: ["children"] },
        )
        .map(({ children, ...rest }) => ({ ...rest, children }));
    const { accepts, lives } = schemaReader({ $ref: "#/$defs/tree", $defs });
    fc.assert(
      fc.property(tree(4), (value) => {
        const text = JSON.stringify(value);
        expect(accepts(text), text).toBe(true);
        for (let length = 0; length < text.length; length++) {
          expect(lives(text.slice(0, length))).toBe(true);
          expect(accepts(text.slice(0, length))).toBe(false);
        }
        for (const wrong of [`${text}}`, text.slice(1), text.replaceAll("]", ""), text.replaceAll("}]", "]}")])
          if (wrong !== text) expect(accepts(wrong), wrong).toBe(false);
      }),
      { numRuns: 40 },
    );
    const deep = (depth: number): string => `{"next":${depth > 0 ? deep(depth - 1) : "null"}}`;
    expect(schemaReader({ $ref: "#/$defs/list", $defs }).accepts(deep(200))).toBe(true);
    expect(schemaReader({ $ref: "#/$defs/list", $defs }).accepts(`${deep(200)}}`)).toBe(false);
  });

  test("any value, where nothing is said of it", () => {
    for (const schema of [{}, true, { type: "array", items: {} }, { type: "object", additionalProperties: true }]) {
      const { accepts } = schemaReader(schema);
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
          const kind = Array.isArray(value) ? "array" : typeof value === "object" && value !== null ? "object" : "other";
          expect(accepts(JSON.stringify(value))).toBe(typeof schema === "boolean" || !("type" in schema) || schema.type === kind);
        }),
        { numRuns: 60 },
      );
    }
  });
});
