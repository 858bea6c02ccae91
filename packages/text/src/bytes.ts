import { byteCharacters } from "./byteLevel.ts";
import { configOf, frame, type SpecialIds, type SpecialTokens } from "./special.ts";
import { streamOf } from "./stream.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { TokenizerJSON } from "./tokenizerJson.ts";

/** What frames the 256 bytes. */
export interface BytesOptions {
  /** Special tokens by role, from id 0. Default: `{ pad: "<pad>", eos: "</s>", unknown: "<unk>" }`, ByT5's. */
  readonly special?: SpecialTokens;
  /** How many sentinels `<extra_id_n>` follow the bytes, for span corruption. Default: 0. */
  readonly sentinels?: number;
}

/**
 * Every byte of a text's UTF-8 is a token: no vocabulary to learn, nothing unknown. Special tokens come first, then the
 * 256 bytes, then sentinels: with the default special tokens byte b has id b + 3, as in ByT5 (Xue et al. 2021, arXiv 2105.13626).
 *
 * Its `tokenizer.json` is a byte-level BPE without merges.
 * @throws TextError for special tokens with one name.
 * @example
 * const tokenizer = bytes();
 * tokenizer.encode("né"); // 113 198 172
 */
export function bytes({ special = { pad: "<pad>", eos: "</s>", unknown: "<unk>" }, sentinels = 0 }: BytesOptions = {}): Tokenizer {
  const { vocab, added } = frame("bytes", special, byteCharacters, sentinels);
  const first = vocab[byteCharacters[0]!]!;
  const names = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const byId = new Map(added.map(({ content, id }) => [id, new TextEncoder().encode(content)]));

  const encode = (text: string): Int32Array => {
    const parts = splitAt(text, [...addedIds.keys()]).map((part) => {
      const id = addedIds.get(part);
      return id === undefined ? Int32Array.from(new TextEncoder().encode(part), (byte) => byte + first) : Int32Array.of(id);
    });
    return concatenate(parts);
  };
  const bytesOf = (id: number): Uint8Array | undefined => byId.get(id) ?? (id >= first && id < first + 256 ? Uint8Array.of(id - first) : undefined);
  const decode = (ids: readonly number[]): string => {
    // Bytes on both sides of a special token never form a character together.
    let text = "";
    let run: number[] = [];
    const flush = () => {
      text += new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(run));
      run = [];
    };
    for (const id of ids) {
      const name = byId.get(id);
      if (!name) run.push(...(bytesOf(id) ?? []));
      else {
        flush();
        text += names.get(id)!;
      }
    }
    flush();
    return text;
  };
  const skip = (skipSpecialTokens: boolean) => (id: number) => skipSpecialTokens && byId.has(id);
  const specialOf = Object.fromEntries(Object.entries(special).map(([role, token]) => [role, vocab[token]!])) as SpecialIds;

  return {
    size: names.size,
    special: specialOf,
    specialIds: [...byId.keys()],
    encode,
    encodePair(one, other) {
      const [a, b] = [encode(one), encode(other)];
      return { ids: concatenate([a, b]), types: new Int32Array(a.length + b.length).fill(1, a.length) };
    },
    decode: (ids, { skipSpecialTokens = true } = {}) => decode(Array.from(ids).filter((id) => !skip(skipSpecialTokens)(id))),
    stream: ({ skipSpecialTokens = true } = {}) => streamOf(decode, skip(skipSpecialTokens)),
    token: (id) => names.get(id),
    id: (token) => vocab[token],
    bytes: bytesOf,
    toJSON: () => byteLevelJSON(vocab, added, [], false),
    config: () => configOf(special),
  };
}

/** The `tokenizer.json` of a byte-level BPE. @param words whether merges stay inside words, as GPT-2's pattern cuts them. */
export function byteLevelJSON(
  vocab: Readonly<Record<string, number>>,
  added: TokenizerJSON["added_tokens"],
  merges: readonly (readonly [string, string])[],
  words: boolean,
): TokenizerJSON {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: words };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

/** Cuts a text around some tokens, which stay as parts of their own; the longest wins where several begin. */
export function splitAt(text: string, tokens: readonly string[]): string[] {
  if (tokens.length === 0) return text === "" ? [] : [text];
  const escaped = tokens.toSorted((a, b) => b.length - a.length).map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.split(new RegExp(`(${escaped.join("|")})`)).filter((part) => part !== "");
}

function concatenate(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
