import { onlyKnown } from "../check.ts";
import type { Processor } from "../processors/processor.ts";
import { type ConstraintOptions, constrained } from "./constrained.ts";
import { schemaLanguage } from "./json-language.ts";
import { languageOf } from "./pattern.ts";
import type { TokenBytes } from "./token-order.ts";

/** How JSON ends, and what may stand between its parts. */
export interface JsonSchemaOptions extends ConstraintOptions {
  /** A regular expression for what may stand after a comma and a colon. Default: one space or nothing. */
  readonly space?: string | RegExp;
}

/**
 * Only JSON that a schema describes: objects with their properties in the order of the schema, arrays, strings, numbers and integers between
 * bounds, `enum`, `const`, `anyOf`, `oneOf` whose alternatives exclude each other, and references, to what they stand in too, to any depth. What a
 * schema says beyond that is an error, never ignored.
 *
 * @throws GenerateError for a keyword that is not understood, alternatives of `oneOf` that may overlap, bounds that nothing lies between and
 * references without an end, each with its place, and for a vocabulary whose tokens have no bytes.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, jsonSchema } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * declare const tokenizer: { size: number; specialIds: readonly number[]; bytes(id: number): Uint8Array | undefined };
 * const person = {
 *   type: "object",
 *   properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 }, children: { type: "array", items: { $ref: "#" } } },
 *   required: ["name", "age"],
 * };
 * const run = generate(decoder, [1, 2], { sample: [jsonSchema(person, tokenizer, { end: 0 })], seed: 7, stop: 0 });
 * ```
 */
export function jsonSchema(schema: unknown, vocabulary: TokenBytes, options: JsonSchemaOptions): Processor {
  onlyKnown("jsonSchema", options, ["end", "space"]);
  const { space = " ?", end } = options;
  return constrained("jsonSchema", schemaLanguage(schema, languageOf(space)), vocabulary, { end });
}
