import { DataError } from "./errors.ts";

/** Token ids as they come in: an array of numbers or any array of integers. */
export type Tokens = ArrayLike<number>;

/**
 * Copies token ids to an Int32Array, checked: whole numbers from 0, and at least `least` of them.
 * @throws DataError naming the first position that is not a token id, or the count that is missing.
 */
export function tokenIds(where: string, tokens: Tokens, least = 0): Int32Array {
  if (tokens.length < least) {
    const wanted = least === 1 ? "at least 1 token" : `at least ${least} tokens`;
    throw new DataError(`${where}: expected ${wanted}, got ${tokens.length}; leave such texts out of the data set`);
  }
  const ids = Int32Array.from(tokens);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== tokens[i] || ids[i]! < 0) {
      throw new DataError(`${where}: position ${i} holds ${tokens[i]}; token ids are whole numbers from 0 to 2147483647`);
    }
  }
  return ids;
}
