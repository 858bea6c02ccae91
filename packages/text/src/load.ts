import { Tokenizer as Library } from "@huggingface/tokenizers";
import { tokenBytes } from "./byteLevel.ts";
import { corrected } from "./corrected.ts";
import { TextError } from "./errors.ts";
import { fill, templates } from "./postProcessor.ts";
import { configKeys, roles, type SpecialIds, type SpecialRole } from "./special.ts";
import { streamOf } from "./stream.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { AddedToken, TokenizerConfig, TokenizerJSON } from "./tokenizerJson.ts";

/** How special tokens are mostly written, by role: for files without a tokenizer_config.json. */
const usualNames: { readonly [role in SpecialRole]: readonly string[] } = {
  pad: ["<pad>", "[PAD]", "<|pad|>", "<|padding|>"],
  bos: ["<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "<|im_start|>"],
  eos: ["</s>", "<eos>", "<|endoftext|>", "<|end_of_text|>", "<|im_end|>"],
  unknown: ["<unk>", "[UNK]"],
  mask: ["<mask>", "[MASK]"],
  classification: ["[CLS]", "<cls>"],
  separator: ["[SEP]", "<sep>"],
};

/**
 * A tokenizer from the contents of any `tokenizer.json`: byte-level and other BPE, WordPiece, Unigram, WordLevel, run by
 * `@huggingface/tokenizers`. Its differences from the native tokenizers that are known are corrected here: digits and white
 * space of all Unicode, pairs and their types behind any post-processor, decoding of nothing. Truncation and padding in the
 * file are not applied (batches are padded elsewhere), nor is the old clean-up of spaces.
 * @param config the contents of `tokenizer_config.json`: it names the special tokens by role; without it, the usual names count.
 * @throws TextError when the file is no tokenizer, or has stages that are not known.
 * @example
 * const tokenizer = loadTokenizer(JSON.parse(await readFile("tokenizer.json", "utf8")));
 */
export function loadTokenizer(json: unknown, config: unknown = {}): Tokenizer {
  const file = checked(json);
  const settings = isRecord(config) ? config : {};
  const [library, around] = understood(() => [open(file, settings), templates(file.post_processor)] as const);
  const added = new Map(file.added_tokens.map((token) => [token.id, token]));
  const specialIds = file.added_tokens.filter((token) => token.special).map((token) => token.id);
  const skipped = new Set(specialIds);
  const unknown = unknownToken(file, settings);
  const byteSource = bytesOf(file);

  const ids = (text: string): number[] => {
    const found = library.encode(text, { add_special_tokens: false });
    const missing = (found.ids as (number | undefined)[]).indexOf(undefined);
    if (missing >= 0) {
      throw new TextError(
        `tokenizer: "${found.tokens[missing]}" is not in the vocabulary of ${size} entries, and there is no unknown token; add it, or an unknown token`,
      );
    }
    return found.ids;
  };
  // Ids that nothing stands for are left out, as the native tokenizers do: models often have more rows than the vocabulary.
  const decode = (all: readonly number[]): string => {
    const known = all.filter((id) => library.id_to_token(id) !== undefined);
    return known.length === 0 ? "" : library.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  };
  const skip = (skipSpecialTokens: boolean) => (id: number) => skipSpecialTokens && skipped.has(id);

  const size = 1 + Math.max(-1, ...added.keys(), vocabularySize(file) - 1);
  return {
    size,
    special: specialIdsOf(library, settings, added, unknown),
    specialIds,
    encode: (text, { addSpecialTokens = true } = {}) => fill(around.single, { first: ids(text), second: [] }, addSpecialTokens).ids,
    encodePair: (first, second, { addSpecialTokens = true } = {}) => fill(around.pair, { first: ids(first), second: ids(second) }, addSpecialTokens),
    decode: (all, { skipSpecialTokens = true } = {}) => decode(Array.from(all).filter((id) => !skip(skipSpecialTokens)(id))),
    stream: ({ skipSpecialTokens = true } = {}) => streamOf(decode, skip(skipSpecialTokens)),
    token: (id) => library.id_to_token(id),
    id: (token) => library.token_to_id(token),
    bytes(id) {
      const token = library.id_to_token(id);
      if (token === undefined) return undefined;
      return added.has(id) ? byteSource && new TextEncoder().encode(token) : byteSource?.(token);
    },
    toJSON: () => file,
    config: () => settings,
  };
}

function checked(json: unknown): TokenizerJSON {
  if (!isRecord(json)) throw new TextError(`loadTokenizer: expected the contents of a tokenizer.json, an object, got ${json === null ? "null" : typeof json}`);
  if (!isRecord(json.model) || !(isRecord(json.model.vocab) || Array.isArray(json.model.vocab))) {
    throw new TextError(`loadTokenizer: no model with a vocabulary; is this a tokenizer.json? It has ${Object.keys(json).join(", ") || "no keys"}`);
  }
  if (json.added_tokens !== undefined && !Array.isArray(json.added_tokens)) throw new TextError("loadTokenizer: added_tokens must be a list");
  const absent = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
  };
  return { ...absent, ...json } as unknown as TokenizerJSON;
}

function open(file: TokenizerJSON, settings: TokenizerConfig): Library {
  const config = { ...settings, clean_up_tokenization_spaces: false, unk_token: unknownToken(file, settings) };
  return new Library({ ...file, pre_tokenizer: corrected(file.pre_tokenizer), post_processor: null }, config);
}

/** What goes wrong in reading a file is the file's fault, and said so. */
function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (TextError.is(error)) throw error;
    throw new TextError(`loadTokenizer: this tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function unknownToken({ model }: TokenizerJSON, settings: TokenizerConfig): string | undefined {
  return content(model.unk_token) ?? content(settings.unk_token);
}

function vocabularySize({ model: { vocab } }: TokenizerJSON): number {
  if (Array.isArray(vocab)) return vocab.length;
  return Object.values(vocab as Record<string, number>).reduce((most, id) => Math.max(most, id + 1), 0);
}

function specialIdsOf(library: Library, settings: TokenizerConfig, added: ReadonlyMap<number, AddedToken>, unknown: string | undefined): SpecialIds {
  const named = roles.some((role) => content(settings[configKeys[role]]) !== undefined);
  const special: { [role in SpecialRole]?: number } = {};
  for (const role of roles) {
    const usual = usualNames[role].find((name) => [...added.values()].some((token) => token.special && token.content === name));
    const token = content(settings[configKeys[role]]) ?? (role === "unknown" ? unknown : undefined) ?? (named ? undefined : usual);
    const id = token === undefined ? undefined : library.token_to_id(token);
    if (id !== undefined) special[role] = id;
  }
  return special;
}

/** How a token of the vocabulary becomes its bytes, where decoding gives back every byte that was encoded. */
function bytesOf(file: TokenizerJSON): ((token: string) => Uint8Array | undefined) | undefined {
  const prefixed = JSON.stringify(file.pre_tokenizer ?? {}).includes('"add_prefix_space":true');
  if (file.normalizer !== null || prefixed) return undefined;
  if (file.decoder?.type === "ByteLevel") return tokenBytes;
  if (file.decoder?.type === "Fuse" && file.model.type === "WordLevel") return (token) => new TextEncoder().encode(token);
  return undefined;
}

/** Special tokens stand in files as text or as objects with their content. */
function content(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  return isRecord(token) && typeof token.content === "string" ? token.content : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
