// Ids and text of Hugging Face's native tokenizers, exact.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goldens } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { bytes, characters, loadTokenizer, type SpecialTokens, type Tokenizer, trainBPE, words } from "./index.ts";

/** What a JSON file holds; undefined, with a printed line, where it is not there. */
function read<T>(...path: string[]): T | undefined {
  const file = join(...path);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T;
  process.stderr.write(`golden: skipped, there is no ${file}\n`);
  return undefined;
}
const list = (ids: ArrayLike<number>) => Array.from(ids);

interface Special {
  readonly text: string;
  readonly ids: number[];
  readonly decoded: string;
  readonly decoded_all: string;
}
interface Real {
  readonly vocab_size: number;
  readonly ids: number[][];
  readonly decoded: string[];
  readonly no_special: readonly { text: string; ids: number[] }[];
  readonly special: readonly Special[];
  readonly pair: { readonly text: [string, string]; readonly ids: number[]; readonly type_ids: number[] };
}
const real = read<{ texts: string[]; tokenizers: Record<string, Real> }>(goldens(), "real/tokenizers.json");
const weights = process.env.ASHLAR_WEIGHTS ?? join(homedir(), ".cache/ashlar/weights");
const data = process.env.ASHLAR_DATA ?? join(homedir(), ".cache/ashlar/data");
const places: Record<string, [string, string]> = {
  minilm: [weights, "all-MiniLM-L6-v2/tokenizer.json"],
  smollm2: [goldens(), "real/smollm2/tokenizer.json"],
  gpt2: [data, "tokenizers/gpt2/tokenizer.json"],
  "unigram-t5-sotu-8k": [goldens(), "real/unigram-t5-sotu-8k.json"],
  "bpe-bytelevel-sotu-4k": [goldens(), "real/bpe-bytelevel-sotu-4k.json"],
};

for (const [name, want] of Object.entries(real?.tokenizers ?? {})) {
  const json = read(...places[name]!);
  if (!json) continue;
  const tokenizer = loadTokenizer(json);
  describe(`golden: ${name}`, () => {
    test("size", () => expect(tokenizer.size).toBe(want.vocab_size));
    test.each(real!.texts.map((text, i) => [text, i] as const))("ids and text of %j", (text, i) => {
      expect(list(tokenizer.encode(text))).toEqual(want.ids[i]);
      expect(tokenizer.decode(want.ids[i]!)).toBe(want.decoded[i]);
    });
    test.each(want.no_special)("ids of $text without special tokens", ({ text, ids }) => {
      expect(list(tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(ids);
    });
    test.each(want.special)("special tokens in $text", ({ text, ids, decoded, decoded_all }) => {
      expect(list(tokenizer.encode(text))).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(decoded_all);
    });
    test("a pair and its types", () => {
      const pair = tokenizer.encodePair(...want.pair.text);
      expect([list(pair.ids), list(pair.types)]).toEqual([want.pair.ids, want.pair.type_ids]);
    });
    test.each(real!.texts)("pieces of %j make the decoded text", (text) => {
      const stream = tokenizer.stream();
      const ids = tokenizer.encode(text);
      expect(
        list(ids)
          .map((id) => stream.push(id))
          .join("") + stream.end(),
      ).toBe(tokenizer.decode(ids));
    });
  });
}

interface Through {
  readonly vocab_size: number;
  readonly ids: number[][];
  readonly decoded: string[];
}
interface Trained extends Through {
  readonly name: string;
  readonly file?: string;
  readonly documents?: string[];
  readonly size: number;
  readonly minimum: number;
  readonly merges: [string, string][];
}
const text = read<{ texts: string[]; trained: Trained[]; emitted: Record<string, Through> }>(goldens(), "text/text.json");

function expectThrough(tokenizer: Tokenizer, want: Through): void {
  expect(tokenizer.size).toBe(want.vocab_size);
  for (const [i, x] of text!.texts.entries()) {
    expect([x, list(tokenizer.encode(x))]).toEqual([x, want.ids[i]]);
    expect(tokenizer.decode(want.ids[i]!)).toBe(want.decoded[i]);
  }
}

describe.skipIf(!text)("golden: the native tokenizers open what is emitted, with the same ids", () => {
  const emitted = read<Record<string, unknown>>(goldens(), "text/emitted.json");
  const made: Record<string, Tokenizer> = {
    bytes: bytes(),
    "bytes with sentinels": bytes({ special: { pad: "<pad>", eos: "<|endoftext|>", mask: "<mask>" }, sentinels: 8 }),
    characters: characters(["Hello, world! café naïve 😀\n日本語"]),
    words: words(["K AH0 N S EH1 Hello world brown the", "123 ½"], { sentinels: 2 }),
  };
  test.each(Object.entries(text?.emitted ?? {}))("%s", (name, want) => {
    expect(JSON.parse(JSON.stringify(made[name]!.toJSON()))).toEqual(emitted![name]);
    expectThrough(made[name]!, want);
    expectThrough(loadTokenizer(emitted![name]), want);
  });
});

describe.skipIf(!text)("golden: training gives the native trainer's merges", () => {
  const special: SpecialTokens = { pad: "<pad>", eos: "</s>", unknown: "<unk>" };
  test.each(text?.trained ?? [])("$name", (want) => {
    const root = fileURLToPath(new URL("../../../", import.meta.url));
    const documents = want.documents ?? readFileSync(join(root, want.file!), "utf8").trimEnd().split("\n<|endoftext|>\n");
    const started = performance.now();
    const tokenizer = trainBPE(documents, { size: want.size, special, minimumCount: want.minimum });
    // 0.1 s on two cores; the bound is for the slowest machine.
    expect(performance.now() - started).toBeLessThan(2000);
    expect((tokenizer.toJSON().model as { merges: unknown }).merges).toEqual(want.merges);
    expectThrough(tokenizer, want);
  });
});
