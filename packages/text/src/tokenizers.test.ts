import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, characters, encodeWithRanges, loadTokenizer, TextError, type Tokenizer, tokenizerFiles, trainBPE, words } from "./index.ts";

const corpus = ["The cat sat on the mat, and the cats that sat on mats.", "¿Qué? 日本語のテキスト 😀👍🏽", "don't, can't; it's 12 345", "</s>"];
const byteLevel: Record<string, Tokenizer> = {
  "bytes()": bytes(),
  "bytes() with sentinels and no special tokens": bytes({ special: {}, sentinels: 3 }),
  "trainBPE()": trainBPE(corpus, { size: 320, sentinels: 4 }),
};

/** The stages of Llama's and BERT's tokenizers, small. */
const added = (content: string, id: number) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
const byteNames = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const llamaTokens = ["<unk>", "<s>", "</s>", ...byteNames, "▁", "a", "b", "▁a", "ab", "▁ab", "é"];
const llama = loadTokenizer({
  added_tokens: ["<unk>", "<s>", "</s>"].map(added),
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    byte_fallback: true,
    fuse_unk: true,
    vocab: Object.fromEntries(llamaTokens.map((token, id) => [token, id])),
    merges: ["▁ a", "a b", "▁ ab"],
  },
});
const bertTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "##s", "##ing", ".", "'", "s", "n"];
const bert = loadTokenizer({
  added_tokens: bertTokens.slice(0, 5).map(added),
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(bertTokens.map((token, id) => [token, id])),
  },
});
const all: Record<string, Tokenizer> = {
  ...byteLevel,
  "characters()": characters(corpus),
  "words()": words(corpus),
  "BPE with byte fallback": llama,
  WordPiece: bert,
};

describe.each(Object.entries(all))("%s", (_, tokenizer) => {
  const ids = fc.array(fc.integer({ min: 0, max: tokenizer.size - 1 }), { maxLength: 60 });

  test("the pieces of a stream, put together, are the decoded text", () => {
    fc.assert(
      fc.property(ids, fc.boolean(), (ids, skipSpecialTokens) => {
        const stream = tokenizer.stream({ skipSpecialTokens });
        const pieces = ids.map((id) => stream.push(id));
        expect(pieces.join("") + stream.end()).toBe(tokenizer.decode(ids, { skipSpecialTokens }));
      }),
      { numRuns: 300 },
    );
  });

  test("saved and opened again it gives the same ids and roles", () => {
    const files = tokenizerFiles(tokenizer);
    const again = loadTokenizer(JSON.parse(files["tokenizer.json"]), JSON.parse(files["tokenizer_config.json"]));
    expect([again.size, again.special, again.specialIds]).toEqual([tokenizer.size, tokenizer.special, tokenizer.specialIds]);
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...corpus), fc.string({ unit: "binary" })), (text) => {
        expect(again.encode(text)).toEqual(tokenizer.encode(text));
      }),
    );
    fc.assert(
      fc.property(ids, (ids) => {
        expect(again.decode(ids)).toBe(tokenizer.decode(ids));
      }),
    );
  });

  test("tokens and ids name each other, and nothing stands outside", () => {
    for (let id = 0; id < tokenizer.size; id++) expect(tokenizer.id(tokenizer.token(id)!)).toBe(id);
    expect([tokenizer.token(tokenizer.size), tokenizer.id("no such token")]).toEqual([undefined, undefined]);
    expect(tokenizer.decode([tokenizer.size + 7])).toBe("");
    expect(tokenizer.decode([])).toBe("");
  });
});

describe.each(Object.entries(byteLevel))("%s keeps every byte", (_, tokenizer) => {
  const text = fc.string({ unit: "binary", maxLength: 40 });

  test("decoding gives the text back", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.constantFrom(...corpus)), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: false })).toBe(text);
      }),
    );
  });

  test("the bytes of the ids are the bytes of the text", () => {
    fc.assert(
      fc.property(text, (text) => {
        const joined = Array.from(tokenizer.encode(text)).flatMap((id) => Array.from(tokenizer.bytes(id)!));
        expect(Uint8Array.from(joined)).toEqual(new TextEncoder().encode(text));
      }),
    );
  });

  test("a stream never gives half a character: no piece has a replacement character that the text has not", () => {
    fc.assert(
      fc.property(text, (text) => {
        const stream = tokenizer.stream();
        const pieces = Array.from(tokenizer.encode(text), (id) => stream.push(id));
        if (!text.includes("\ufffd")) expect(pieces.join("")).not.toContain("\ufffd");
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
    );
  });

  test("ranges cover the text in order, and hold the characters of their ids", () => {
    fc.assert(
      fc.property(text, (text) => {
        const { ids, starts, ends } = encodeWithRanges(tokenizer, text);
        let reached = 0;
        for (const [i, id] of ids.entries()) {
          const part = text.slice(starts[i], ends[i]);
          expect(starts[i]).toBeLessThanOrEqual(reached);
          expect(part.isWellFormed()).toBe(true);
          expect(part).toContain(new TextDecoder().decode(tokenizer.bytes(id)!).replaceAll("\ufffd", ""));
          reached = ends[i]!;
        }
        expect(reached).toBe(text.length);
      }),
    );
  });
});

test("special tokens come first, sentinels last and descending, roles by name", () => {
  const tokenizer = bytes({ special: { pad: "<pad>", bos: "<s>", eos: "<s>" }, sentinels: 2 });
  expect(tokenizer.special).toEqual({ pad: 0, bos: 1, eos: 1 });
  expect(tokenizer.size).toBe(2 + 256 + 2);
  expect([tokenizer.token(258), tokenizer.token(259)]).toEqual(["<extra_id_1>", "<extra_id_0>"]);
  expect(tokenizer.specialIds.toSorted((a, b) => a - b)).toEqual([0, 1, 258, 259]);
});

test("a pair is joined as the file says, an empty second text too", () => {
  const pair = bert.encodePair("the cats", "");
  expect([Array.from(pair.ids), Array.from(pair.types)]).toEqual([
    [2, 5, 6, 7, 3, 3],
    [0, 0, 0, 0, 0, 1],
  ]);
  expect(Array.from(bert.encode("the cats", { addSpecialTokens: false }))).toEqual([5, 6, 7]);
});

test("roles are found by their usual names, or as a config names them", () => {
  expect(bert.special).toEqual({ pad: 0, unknown: 1, classification: 2, separator: 3, mask: 4 });
  expect(loadTokenizer(bert.toJSON(), { pad_token: "[MASK]", unk_token: { content: "[UNK]" } }).special).toEqual({ pad: 4, unknown: 1 });
});

test("training is the same for the same texts, stops where nothing is left, and splits at special tokens", () => {
  const json = (texts: string[]) => JSON.stringify(trainBPE(texts, { size: 300 }).toJSON());
  expect(json(corpus)).toBe(json(corpus));
  expect(trainBPE(["ab"], { size: 1000 }).size).toBe(3 + 256);
  expect(trainBPE(["x</s></s>", "y</s></s>"], { size: 1000 }).size).toBe(3 + 256);
});

test.each<[string, () => unknown]>([
  ["a character outside a closed vocabulary", () => characters(["abc"], { special: { pad: "<pad>" } }).encode("abd")],
  ["a word outside a closed vocabulary", () => words(["K AH0"], { special: {} }).encode("K EH1")],
  ["two tokens of one name", () => bytes({ special: { pad: "a" } })],
  ["a role that is none", () => bytes({ special: { padding: "<pad>" } as never })],
  ["a negative number of sentinels", () => bytes({ sentinels: -1 })],
  ["no room for the bytes", () => trainBPE(corpus, { size: 100 })],
  ["a file that is no object", () => loadTokenizer("tokenizer.json")],
  ["a file that is no tokenizer", () => loadTokenizer({ architectures: ["GPT2"], vocab_size: 3 })],
  ["a stage that is not known", () => loadTokenizer({ ...bert.toJSON(), normalizer: { type: "Rot13" } })],
  ["a post-processor that is not known", () => loadTokenizer({ ...bert.toJSON(), post_processor: { type: "Rot13" } })],
  ["a post-processor without its template", () => loadTokenizer({ ...bert.toJSON(), post_processor: { type: "TemplateProcessing" } })],
  ["added tokens that are no list", () => loadTokenizer({ ...bert.toJSON(), added_tokens: {} })],
  ["a vocabulary of another model", () => loadTokenizer({ ...bert.toJSON(), model: { type: "Unigram", vocab: { a: 1 } } })],
  ["ranges of a tokenizer that changes texts", () => encodeWithRanges(bert, "The cats")],
  ["ranges of a text with unknown characters", () => encodeWithRanges(characters(["abc"]), "abd")],
])("%s is refused", (_, run) => {
  expect(run).toThrow(TextError);
  expect(run).toThrowErrorMatchingSnapshot();
});
