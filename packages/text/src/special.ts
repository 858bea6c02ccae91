import { TextError } from "./errors.ts";
import type { AddedToken, TokenizerConfig } from "./tokenizerJson.ts";

/** What a special token is for. */
export type SpecialRole = "pad" | "bos" | "eos" | "unknown" | "mask" | "classification" | "separator";

/** Special tokens by role, as text; their order is the order of their ids. */
export type SpecialTokens = { readonly [role in SpecialRole]?: string };

/** Ids of special tokens by role; a role without a token is absent. */
export type SpecialIds = { readonly [role in SpecialRole]?: number };

/** The key of each role in `tokenizer_config.json`. */
export const configKeys = {
  pad: "pad_token",
  bos: "bos_token",
  eos: "eos_token",
  unknown: "unk_token",
  mask: "mask_token",
  classification: "cls_token",
  separator: "sep_token",
} as const;

export const roles: readonly SpecialRole[] = Object.keys(configKeys) as SpecialRole[];

/** The vocabulary that special tokens and sentinels frame: special tokens first, then `body`, then sentinels, descending. */
export interface Framed {
  /** Tokens to ids. */
  readonly vocab: Readonly<Record<string, number>>;
  /** The special tokens and sentinels. */
  readonly added: readonly AddedToken[];
}

/**
 * Ids for a vocabulary made here: special tokens from 0, then the body, then `sentinels` ids `<extra_id_n>` in T5's order,
 * so that the first sentinel, `<extra_id_0>`, is the last id of all.
 * @throws TextError when two of them have one name.
 */
export function frame(where: string, special: SpecialTokens, body: readonly string[], sentinels: number): Framed {
  const first = Object.entries(special).map(([role, token]) => {
    if (!(role in configKeys)) throw new TextError(`${where}: unknown role "${role}" of a special token; there are ${roles.join(", ")}`);
    return token;
  });
  // One token may have several roles.
  const front = [...new Set(first)];
  if (!Number.isInteger(sentinels) || sentinels < 0) throw new TextError(`${where}: sentinels must be a whole number from 0, got ${sentinels}`);
  const back = Array.from({ length: sentinels }, (_, i) => `<extra_id_${sentinels - 1 - i}>`);
  const all = [...front, ...body, ...back];
  const vocab: Record<string, number> = Object.create(null);
  for (const [id, token] of all.entries()) {
    if (token in vocab) throw new TextError(`${where}: "${token}" stands twice in the vocabulary, at ids ${vocab[token]} and ${id}`);
    vocab[token] = id;
  }
  return { vocab, added: [...front, ...back].map((content) => addedToken(vocab[content]!, content)) };
}

/** A special token as `tokenizer.json` lists it: found in a text exactly as it is written. */
function addedToken(id: number, content: string): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** The `tokenizer_config.json` that names the special tokens by role. */
export function configOf(special: SpecialTokens): TokenizerConfig {
  const named = Object.fromEntries(Object.entries(special).map(([role, token]) => [configKeys[role as SpecialRole], token]));
  return { tokenizer_class: "PreTrainedTokenizerFast", clean_up_tokenization_spaces: false, ...named };
}
