// What a schema lets through is JSON that another validator finds to be of that schema; and of what it describes nothing is kept out.
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonSchema, type TokenBytes } from "../index.ts";
import { Automaton } from "./automaton.ts";
import { schemaLanguage } from "./json-language.ts";
import { languageOf } from "./pattern.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: readonly number[]): string => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));

function reader(schema: unknown, gap = "") {
  const automaton = new Automaton(schemaLanguage(schema, languageOf(gap)));
  const read = (text: string): number => encode(text).reduce((state, byte) => automaton.step(state, byte), automaton.start);
  return { accepts: (text: string) => automaton.accepts(read(text)), lives: (text: string) => read(text) >= 0 };
}

/** Every byte, and some tokens of several. */
const longer = ['{"', '":', '",', "}]", "null", "true", "12", "é", '"kind":"', "[[", "-0."].map((text) => [...encode(text)]);
const end = 256 + longer.length;
const vocabulary: TokenBytes = {
  size: end + 1,
  specialIds: [end],
  bytes: (token) => (token === end ? undefined : Uint8Array.from(token < 256 ? [token] : (longer[token - 256] as number[]))),
};

/** Writes a text under a schema as a model without a mind would, and ends it as soon as it can once it is long. */
function written(schema: unknown, choose: () => number, patience = 40): string {
  const only = jsonSchema(schema, vocabulary, { end });
  const closing = { inside: [...encode('"n0a')], outside: [end, ...encode('}],nft0123456789:."')] };
  const ids: number[] = [];
  for (let step = 0; step < 300; step++) {
    const logits = new Float32Array(vocabulary.size);
    only(logits, { row: 0, ids, promptLength: 0, step });
    const left = [...logits.keys()].filter((token) => logits[token] === 0);
    const text = ids.flatMap((id) => [...(vocabulary.bytes(id) as Uint8Array)]);
    const inside =
      String.fromCharCode(...text)
        .replaceAll(/\\./g, "")
        .split('"').length %
        2 ===
      0;
    const first = step < patience ? undefined : closing[inside ? "inside" : "outside"].find((token) => left.includes(token));
    const token = first ?? (left[choose() % left.length] as number);
    if (token === end) return decode(text);
    ids.push(token);
  }
  throw new Error("a text without an end");
}

const ajv = new Ajv2020({ strict: false });

const bound = fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -1e6, max: 1e6 }), fc.double({ min: -50, max: 50, noNaN: true }));
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
const $defs = {
  tree: {
    type: "object",
    properties: { value: { type: "integer", minimum: 0 }, children: { type: "array", items: { $ref: "#/$defs/tree" } } },
    required: ["children"],
  },
  list: { anyOf: [{ type: "object", properties: { next: { $ref: "#/$defs/list" }, tree: { $ref: "#/$defs/tree" } }, required: ["next"] }, { type: "null" }] },
};

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
    const { accepts, lives } = reader({ $ref: "#/$defs/tree", $defs });
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
    expect(reader({ $ref: "#/$defs/list", $defs }).accepts(deep(200))).toBe(true);
    expect(reader({ $ref: "#/$defs/list", $defs }).accepts(`${deep(200)}}`)).toBe(false);
  });

  test("any value, where nothing is said of it", () => {
    for (const schema of [{}, true, { type: "array", items: {} }, { type: "object", additionalProperties: true }]) {
      const { accepts } = reader(schema);
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
          const kind = Array.isArray(value) ? "array" : typeof value === "object" && value !== null ? "object" : "other";
          expect(accepts(JSON.stringify(value))).toBe(typeof schema === "boolean" || !("type" in schema) || schema.type === kind);
        }),
        { numRuns: 60 },
      );
    }
  });

  test("integers between bounds and no others", () => {
    const limit = fc.oneof(fc.integer({ min: -120, max: 120 }), fc.integer());
    fc.assert(
      fc.property(limit, limit, fc.boolean(), fc.boolean(), fc.array(limit, { maxLength: 20 }), (a, b, hasLow, hasHigh, others) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const schema = { type: "integer", ...(hasLow ? { minimum: low } : {}), ...(hasHigh ? { maximum: high } : {}) };
        const { accepts } = reader(schema);
        for (const value of [low, high, low - 1, high + 1, low + 1, high - 1, -low, -high, 0, 9, 10, 99, 100, ...others])
          expect(accepts(String(value)), `${value} in ${JSON.stringify(schema)}`).toBe((!hasLow || value >= low) && (!hasHigh || value <= high));
      }),
      { numRuns: 150 },
    );
    const { accepts } = reader({ type: "integer", exclusiveMinimum: 3, exclusiveMaximum: 5.5 });
    expect(["3", "4", "5", "6", "04", "4.0"].map(accepts)).toEqual([false, true, true, false, false, false]);
    // −0 is 0
    expect(["0", "-0", "-1"].map(reader({ type: "integer", minimum: 0 }).accepts)).toEqual([true, true, false]);
  });

  test("numbers between bounds and no others, written without an exponent", () => {
    // hundredths are compared as whole numbers
    const hundredths = fc.integer({ min: -1500, max: 1500 });
    const shown = (value: number, digits: number): string => {
      const [whole, rest] = [Math.floor(Math.abs(value) / 100), Math.abs(value) % 100];
      return `${value < 0 ? "-" : ""}${whole}${digits > 0 ? `.${String(rest).padStart(2, "0")}${"0".repeat(digits - 1)}` : ""}`;
    };
    fc.assert(
      fc.property(
        hundredths,
        hundredths,
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.tuple(hundredths, fc.nat(3)), { maxLength: 20 }),
        (a, b, hasLow, hasHigh, others) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          const schema = { type: "number", ...(hasLow ? { minimum: low / 100 } : {}), ...(hasHigh ? { maximum: high / 100 } : {}) };
          if (!hasLow && !hasHigh) return;
          const { accepts } = reader(schema);
          const near = [low, high, low - 1, low + 1, high - 1, high + 1].map((value) => [value, 1] as const);
          for (const [value, digits] of [...near, ...others]) {
            const exact = digits === 0 ? Math.sign(value) * Math.floor(Math.abs(value) / 100) * 100 : value;
            expect(accepts(shown(value, digits)), `${shown(value, digits)} in ${JSON.stringify(schema)}`).toBe(
              (!hasLow || exact >= low) && (!hasHigh || exact <= high),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
    const tiny = reader({ type: "number", minimum: 1.5e-7, maximum: 1e21 });
    expect(["0.00000015", "0.000000149", "0", "1000000000000000000000", "1000000000000000000001", "999.5"].map(tiny.accepts)).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
  });
});

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

describe("what nests", () => {
  const line = (schema: unknown): string => {
    try {
      jsonSchema(schema, vocabulary, { end });
      return "nothing was thrown";
    } catch (error) {
      return (error as Error).message;
    }
  };

  test("is begun only where it can be ended", () => {
    const endless = { type: "object", properties: { next: { $ref: "#/$defs/endless" } }, required: ["next"] };
    const { lives, accepts } = reader({ anyOf: [{ $ref: "#/$defs/endless" }, { type: "array", items: { $ref: "#/$defs/endless" } }], $defs: { endless } });
    expect([lives("{"), lives("["), lives("[{"), accepts("[]")]).toEqual([false, true, false, true]);
    expect(line({ $ref: "#/$defs/endless", $defs: { endless } })).toMatchInlineSnapshot(
      `"jsonSchema: no value is ever complete: what it requires requires it again; let something end it, such as null"`,
    );
  });

  test("needs something between", () => {
    expect(line({ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ type: "null" }, { $ref: "#/$defs/a" }] } } })).toMatchInlineSnapshot(
      `"jsonSchema: #/$defs/a refers to itself with nothing between; an object or an array must stand there"`,
    );
    expect(line({ anyOf: [{ $ref: "#" }, { type: "null" }] })).toMatchInlineSnapshot(
      `"jsonSchema: # refers to itself with nothing between; an object or an array must stand there (at anyOf.0)"`,
    );
  });

  test("leaves at each depth what may stand there", () => {
    const only = jsonSchema({ $ref: "#/$defs/tree", $defs }, vocabulary, { end });
    const ids = [...encode('{"children":[{"children":[{"children":[]}]},{"children":[{"children":[')];
    const logits = new Float32Array(vocabulary.size);
    only(logits, { row: 0, ids, promptLength: 0, step: ids.length });
    const left = [...logits.keys()].filter((token) => logits[token] === 0).map((token) => decode([...(vocabulary.bytes(token) as Uint8Array)]));
    expect(left).toEqual(["]", "{", '{"']);
  });
});

test("bounds that nothing lies between, and those that numbers with fractions can't keep, are errors with their place", () => {
  const line = (schema: object): string => {
    try {
      jsonSchema({ type: "object", properties: { age: schema } }, vocabulary, { end });
      return "nothing was thrown";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(line({ type: "integer", minimum: 3, maximum: 2 })).toMatchInlineSnapshot(`"jsonSchema: no number is at least 3 and at most 2 (at properties.age)"`);
  expect(line({ type: "integer", minimum: 2.1, maximum: 2.9 })).toMatchInlineSnapshot(
    `"jsonSchema: no number is at least 2.1 and at most 2.9 (at properties.age)"`,
  );
  expect(line({ type: "integer", minimum: "3" })).toMatchInlineSnapshot(`"jsonSchema: minimum must be a number, got "3" (at properties.age)"`);
  expect(line({ type: "integer", exclusiveMinimum: 2 ** 60 })).toMatchInlineSnapshot(
    `"jsonSchema: exclusiveMinimum must be below 2⁵³, where the next integer is a number too, got 1152921504606847000 (at properties.age)"`,
  );
  expect(line({ type: "number", exclusiveMinimum: 0 })).toMatchInlineSnapshot(
    `"jsonSchema: "exclusiveMinimum" is not understood here, and would be ignored; understood are type, minimum, maximum (at properties.age)"`,
  );
  expect(line({ type: ["number", "integer"], exclusiveMinimum: 0 })).toMatchInlineSnapshot(
    `"jsonSchema: "exclusiveMinimum" is understood for integers alone; say minimum (at properties.age)"`,
  );
});
