import { expect, test } from "vitest";
import { and, causal, compile, denseTable, full, leftPadding, type Mask, or, padding, prefix, slidingWindow, where } from "../index.ts";

const plain = (mask: Mask, rows: number, queries: readonly [number, number], keys: readonly [number, number]): number[] => {
  const list: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let query = queries[0]; query < queries[1]; query++) for (let key = keys[0]; key < keys[1]; key++) list.push(mask.allows(query, key, row) ? 1 : 0);
  return list;
};

test.each([
  full,
  causal,
  slidingWindow(5),
  or(causal, prefix([3, 70])),
  padding([10, 99]),
  and(causal, leftPadding([0, 40])),
  where((q, k) => (q * k) % 3 === 0),
])("$name: the table is the matrix of allows", (mask) => {
  const rows = typeof mask.rows === "number" ? mask.rows : 1;
  for (const [queries, keys] of [
    [
      [0, 100],
      [0, 100],
    ],
    [
      [99, 100],
      [0, 100],
    ],
    [
      [7, 130],
      [3, 200],
    ],
  ] as const) {
    const table = compile(mask, { queries, keys, rows });
    expect(table.rows).toBe(rows);
    expect(Array.from(denseTable(table))).toEqual(plain(mask, rows, queries, keys));
  }
});
