// Writes emitted.json: the tokenizer.json of small tokenizers made by @ashlar/text, for make_text.py to open.
// Usage, with a Node that strips types: node --conditions @ashlar/source goldens/text/emit.mjs
import { writeFileSync } from "node:fs";
import { bytes, characters, words } from "../../packages/text/src/index.ts";

const emitted = {
  bytes: bytes().toJSON(),
  "bytes with sentinels": bytes({ special: { pad: "<pad>", eos: "<|endoftext|>", mask: "<mask>" }, sentinels: 8 }).toJSON(),
  characters: characters(["Hello, world! café naïve 😀\n日本語"]).toJSON(),
  words: words(["K AH0 N S EH1 Hello world brown the", "123 ½"], { sentinels: 2 }).toJSON(),
};
writeFileSync(new URL("emitted.json", import.meta.url), `${JSON.stringify(emitted)}\n`);
