import { copy, pad, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { writeOver } from "../op/write.ts";
import type { KeysAndValues, LayerCache } from "./kind.ts";

/** Keys and values in memory of their own, with zeros behind them up to `length` positions. */
export function withRoom({ key, value }: KeysAndValues, length: number): KeysAndValues {
  return { key: roomy(key, length), value: roomy(value, length) };
}

function roomy(x: Tensor, length: number): Tensor {
  const rest = length - (x.shape[1] as number);
  return rest === 0
    ? copy(x)
    : pad(x, [
        [0, 0],
        [0, rest],
        [0, 0],
        [0, 0],
      ]);
}

/** Keys and values with others written over them from a place on; the old ones are given up. */
export function written({ key, value }: KeysAndValues, added: KeysAndValues, start: number): KeysAndValues {
  return { key: writeOver(key, added.key, start), value: writeOver(value, added.value, start) };
}

/** What is kept, in memory of its own. */
export function copied({ key, value, from }: LayerCache): LayerCache {
  return { key: copy(key), value: copy(value), from };
}

/** @throws AttentionError when keys have another room than their kind gives them. */
export function expectRoom(name: string, { key }: KeysAndValues, length: number): void {
  if (key.shape[1] !== length)
    throw new AttentionError(`${name}: expected keys with room for ${length} positions, got ${key.shape[1]}; continue a cache with the kind that made it`);
}

/** @throws AttentionError unless a number of positions is whole and at least `least`. */
export function expectPositions(where: string, what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new AttentionError(`${where}: ${what} must be a whole number of positions of at least ${least}, got ${value}`);
}
