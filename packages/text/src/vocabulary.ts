import { loadTokenizer } from "./load.ts";
import { configOf, frame, type SpecialTokens } from "./special.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { Stage } from "./tokenizerJson.ts";

/** What frames a closed vocabulary. */
export interface VocabularyOptions {
  /** Special tokens by role, from id 0. Default: `{ pad: "<pad>", eos: "</s>", unknown: "<unk>" }`. Without an unknown token, what is not in the vocabulary is an error. */
  readonly special?: SpecialTokens;
  /** How many sentinels `<extra_id_n>` follow, for span corruption. Default: 0. */
  readonly sentinels?: number;
}

const usual: SpecialTokens = { pad: "<pad>", eos: "</s>", unknown: "<unk>" };

/**
 * One token a character (Unicode code point) of the given texts, in the order of their code points.
 * @example
 * const tokenizer = characters(["cab"]);
 * tokenizer.encode("abc"); // 3 4 5
 */
export function characters(texts: Iterable<string>, options: VocabularyOptions = {}): Tokenizer {
  const found = new Set<string>();
  for (const text of texts) for (const character of text) found.add(character);
  const split = { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated", invert: false };
  return closed("characters", found, split, { type: "Fuse" }, options);
}

/**
 * One token a word of the given texts, words being what white space separates, in the order of their code points; decoding
 * puts one space between. For phonemes, notes, moves of a game.
 * @example
 * const tokenizer = words(["K AH0 N", "S AH0"]);
 * tokenizer.decode(tokenizer.encode("S  K")); // "S K"
 */
export function words(texts: Iterable<string>, options: VocabularyOptions = {}): Tokenizer {
  const found = new Set<string>();
  for (const text of texts) for (const [word] of text.matchAll(/\P{White_Space}+/gu)) found.add(word);
  return closed("words", found, { type: "WhitespaceSplit" }, null, options);
}

function closed(where: string, found: ReadonlySet<string>, pre_tokenizer: Stage, decoder: Stage | null, options: VocabularyOptions): Tokenizer {
  const { special = usual, sentinels = 0 } = options;
  const names = new Set<string>(Object.values(special));
  const body = [...found].filter((token) => !names.has(token)).sort(byCodePoint);
  const { vocab, added } = frame(where, special, body, sentinels);
  const model = { type: "WordLevel", vocab, unk_token: special.unknown ?? "<unk>" };
  const json = { version: "1.0", truncation: null, padding: null, added_tokens: added, normalizer: null, pre_tokenizer, post_processor: null, decoder, model };
  return loadTokenizer(json, configOf(special));
}

/** The order of code points, which UTF-16's order of code units is not beyond the first plane. */
function byCodePoint(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  const i = x.findIndex((character, at) => character !== y[at]);
  if (i < 0) return x.length - y.length;
  return i >= y.length ? 1 : x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
}
