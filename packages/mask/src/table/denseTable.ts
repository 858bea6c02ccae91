import type { MaskTable } from "./compile.ts";

/**
 * A table as the matrix it stands for: 1 where a query sees a key, [rows, queries, keys] row-major.
 *
 * @example
 * ```ts
 * import { causal, compile, denseTable } from "@ashlar/mask";
 * denseTable(compile(causal, { queries: 3, keys: 3 })); // [1, 0, 0, 1, 1, 0, 1, 1, 1]
 * ```
 */
export function denseTable(table: MaskTable): Uint8Array {
  const { rows, blockQueries, blockKeys, queryBlocks, keyBlocks, blocks, tiles } = table;
  const [queries, keys] = [table.queries.end - table.queries.start, table.keys.end - table.keys.start];
  const words = blockKeys / 32;
  const dense = new Uint8Array(rows * queries * keys);
  for (let at = 0, row = 0; row < rows; row++)
    for (let query = 0; query < queries; query++)
      for (let key = 0; key < keys; key++, at++) {
        const column = key % blockKeys;
        const block = blocks[(row * queryBlocks + Math.floor(query / blockQueries)) * keyBlocks + Math.floor(key / blockKeys)] as number;
        const word = block < 2 ? -block : (tiles[((block - 2) * blockQueries + (query % blockQueries)) * words + (column >> 5)] as number);
        dense[at] = (word >>> (column & 31)) & 1;
      }
  return dense;
}
