// Numbers between bounds, and no others.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonSchema } from "../index.ts";
import { end, vocabulary } from "../testing/byte-tokens.ts";
import { schemaReader } from "../testing/languages.ts";

describe("numbers of a schema", () => {
  test("integers between bounds and no others", () => {
    const limit = fc.oneof(fc.integer({ min: -120, max: 120 }), fc.integer());
    fc.assert(
      fc.property(limit, limit, fc.boolean(), fc.boolean(), fc.array(limit, { maxLength: 20 }), (a, b, hasLow, hasHigh, others) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const schema = { type: "integer", ...(hasLow ? { minimum: low } : {}), ...(hasHigh ? { maximum: high } : {}) };
        const { accepts } = schemaReader(schema);
        for (const value of [low, high, low - 1, high + 1, low + 1, high - 1, -low, -high, 0, 9, 10, 99, 100, ...others])
          expect(accepts(String(value)), `${value} in ${JSON.stringify(schema)}`).toBe((!hasLow || value >= low) && (!hasHigh || value <= high));
      }),
      { numRuns: 150 },
    );
    const { accepts } = schemaReader({ type: "integer", exclusiveMinimum: 3, exclusiveMaximum: 5.5 });
    expect(["3", "4", "5", "6", "04", "4.0"].map(accepts)).toEqual([false, true, true, false, false, false]);
    // −0 is 0
    expect(["0", "-0", "-1"].map(schemaReader({ type: "integer", minimum: 0 }).accepts)).toEqual([true, true, false]);
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
          const { accepts } = schemaReader(schema);
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
    const tiny = schemaReader({ type: "number", minimum: 1.5e-7, maximum: 1e21 });
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
