// What nests can be ended.
import { describe, expect, test } from "vitest";
import { jsonSchema } from "../index.ts";
import { end, vocabulary } from "../testing/byte-tokens.ts";
import { encode, schemaReader } from "../testing/languages.ts";
import { $defs, decode } from "../testing/written.ts";

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
    const { lives, accepts } = schemaReader({
      anyOf: [{ $ref: "#/$defs/endless" }, { type: "array", items: { $ref: "#/$defs/endless" } }],
      $defs: { endless },
    });
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
