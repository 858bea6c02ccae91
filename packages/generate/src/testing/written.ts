import { jsonSchema } from "../index.ts";
import { end, vocabulary } from "./byte-tokens.ts";
import { encode } from "./languages.ts";

/** The text of bytes. @throws where they are no whole characters. */
export const decode = (bytes: readonly number[]): string => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));

/** Writes a text under a schema as a model without a mind would, and ends it as soon as it can once it is long. */
export function written(schema: unknown, choose: () => number, patience = 40): string {
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

/** Schemas that nest, by name. */
export const $defs: Readonly<Record<string, object>> = {
  tree: {
    type: "object",
    properties: { value: { type: "integer", minimum: 0 }, children: { type: "array", items: { $ref: "#/$defs/tree" } } },
    required: ["children"],
  },
  list: { anyOf: [{ type: "object", properties: { next: { $ref: "#/$defs/list" }, tree: { $ref: "#/$defs/tree" } }, required: ["next"] }, { type: "null" }] },
};
