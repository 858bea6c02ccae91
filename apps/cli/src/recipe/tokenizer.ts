import { dirname, join, resolve } from "node:path";
import { bytes, loadTokenizer, type SpecialTokens, type Tokenizer, trainBPE } from "@ashlar/text";
import { CliError } from "../console/error.ts";
import { readJson, readJsonIfThere } from "../console/files.ts";
import type { Recipe } from "./recipe.ts";
import type { Texts } from "./texts.ts";

const sentinels = 100; // as many as T5 has

/**
 * The tokenizer of a recipe: bytes, a file, or a byte-level BPE learned from the text.
 *
 * @throws CliError when the objective needs a token that the tokenizer lacks.
 */
export function tokenizerOf({ tokenizer, objective }: Recipe, folder: string, texts: Texts): Tokenizer {
  const masked = objective.name === "masked";
  const special: SpecialTokens = { pad: "<pad>", eos: "</s>", unknown: "<unk>", ...(masked ? { mask: "<mask>" } : {}) };
  const extra = objective.name === "span-corruption" ? sentinels : 0;
  if (tokenizer === "bytes") return bytes({ special, sentinels: extra });
  if ("bpe" in tokenizer) {
    const all = "documents" in texts ? texts.documents : texts.pairs.flatMap(({ source, target }) => [source, target]);
    return trainBPE(all, { size: tokenizer.bpe, special, sentinels: extra });
  }
  return fromFile(resolve(folder, tokenizer.file), objective.name);
}

function fromFile(path: string, objective: Recipe["objective"]["name"]): Tokenizer {
  const tokenizer = loadTokenizer(readJson(path), readJsonIfThere(join(dirname(path), "tokenizer_config.json")));
  const lacks = (what: string): never => {
    throw new CliError(`${path}: the objective ${objective} needs ${what}, which this tokenizer lacks; take another, "bytes" or { "bpe": size }`);
  };
  if (objective === "masked" && tokenizer.special.mask === undefined) lacks("a mask token");
  if (objective === "span-corruption" && tokenizer.id("<extra_id_0>") === undefined) lacks("the sentinel <extra_id_0>");
  return tokenizer;
}
