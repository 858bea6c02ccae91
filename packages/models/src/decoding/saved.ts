import { type CacheRecord, type Caching, restoreCache, saveCache } from "@ashlar/attention";
import type { Mask } from "@ashlar/mask";
import type { Tensor } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import type { DecodingState } from "./decoder.ts";
import { TokenHistory } from "./token-history.ts";

/** All of a decoding state that is no tensor, as JSON. */
export interface DecodingRecord {
  /** Which form this is: 1. */
  readonly version: number;
  /** What the cache is. */
  readonly cache: CacheRecord;
  /** How many positions were the prompt, padding included. */
  readonly promptLength: number;
  /** How many places each prompt was padded on the left. */
  readonly pads: readonly number[];
  /** The prompt that each row continues. */
  readonly rows: readonly number[];
  /** What each row has read, padding included. */
  readonly read: readonly (readonly number[])[];
}

/** A decoding state as an application saves it: named tensors for a checkpoint file, and JSON. */
export interface SavedDecoding {
  /** The cache's tensors by name, as `saveCache` names them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The rest. The mask isn't in it: the decoder that restores it makes it again. */
  readonly json: DecodingRecord;
}

/**
 * Takes a state apart into named tensors and JSON; `restore` of a decoder puts it together. Nothing is copied: write the tensors before the
 * state is continued.
 */
export function saveDecoding({ cache, promptLength, pads, rows, read }: DecodingState): SavedDecoding {
  const { tensors, json } = saveCache(cache);
  return { tensors, json: { version: 1, cache: json, promptLength, pads, rows, read: read.map((tokens) => tokens.from(0)) } };
}

/** Puts a state together again. @throws ModelsError when the record is of another version; AttentionError when its cache isn't one. */
export function restoreDecoding(
  { tensors, json }: SavedDecoding,
  { caching, visibleTo }: { readonly caching: Caching; visibleTo(promptLength: number, pads: readonly number[]): Mask },
): DecodingState {
  const { version, cache, promptLength, pads, rows, read } = json;
  if (version !== 1) throw new ModelsError(`decoder.restore: expected a record of version 1, got ${version}`);
  const restored = restoreCache({ tensors, json: cache }, caching);
  return { cache: restored, promptLength, mask: visibleTo(promptLength, pads), pads, rows, read: read.map((tokens) => TokenHistory.of(tokens)) };
}
