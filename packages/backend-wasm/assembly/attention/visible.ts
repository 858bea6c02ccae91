import { packLeft } from "../matmul/pack";
import { COLUMNS, edgeTile, ROWS, tile } from "../matmul/tile";
import { AttentionCall, bitsAt } from "./call";

// A block that shows some of its keys seldom shows them all over. For each panel of six rows there is a range, from the first column that one of
// them sees to the last, and products are done inside it only: a block on the diagonal of a causal mask costs half of a full one.
//
// Ranges are pairs of 16-bit numbers [from, to) in a row. In a query's range of keys `from` is a multiple of 32, where a word of bits begins.

/** The bytes of ranges for the most keys, or queries, worked on at once. */
export const RANGES: usize = 96;

// @ts-ignore: decorator
@inline
export function fromOf(ranges: usize, row: usize): usize {
  return load<u16>(ranges + ((row / ROWS) << 2));
}

// @ts-ignore: decorator
@inline
export function toOf(ranges: usize, row: usize): usize {
  return load<u16>(ranges + ((row / ROWS) << 2), 2);
}

// @ts-ignore: decorator
@inline
function setRange(ranges: usize, row: usize, from: usize, to: usize): void {
  store<u32>(ranges + ((row / ROWS) << 2), <u32>(from | (to << 16)));
}

/** The ranges of keys [key, key + size) that the queries [query, query + count) see, as the table has it for their block. */
export function rangesOfKeys(call: AttentionCall, block: u32, query: usize, count: usize, key: usize, size: usize, ranges: usize): void {
  for (let i: usize = 0; i < count; i += ROWS) {
    let from: usize = 0;
    let to = size;
    if (block >= 2) {
      const last = min(ROWS, count - i) - 1;
      const step = (call.blockKeys >>> 5) << 2;
      const bits = bitsAt(call, block, query + i, key);
      from = size;
      to = 0;
      for (let word: usize = 0; word << 5 < size; word++) {
        let seen: u32 = 0;
        for (let row: usize = 0; row <= last; row++) seen |= load<u32>(bits + row * step + (word << 2));
        if (!seen) continue;
        from = min(from, word << 5);
        to = (word << 5) + 32 - clz<u32>(seen);
      }
      to = min(to, size);
      if (from >= to) from = to = 0;
    }
    setRange(ranges, i, from, to);
  }
}

/** For each panel of six keys the queries, of `count`, in whose ranges one of them lies. */
export function rangesOfQueries(ranges: usize, count: usize, size: usize, ofQueries: usize): void {
  for (let key: usize = 0; key < size; key += ROWS) {
    let from: usize = 0;
    let to: usize = 0;
    for (let i: usize = 0; i < count; i += ROWS) {
      if (fromOf(ranges, i) >= key + ROWS || toOf(ranges, i) <= key) continue;
      if (to == 0) from = i;
      to = min(i + ROWS, count);
    }
    setRange(ofQueries, key, from, to);
  }
}

/** Packed rows by packed columns, each panel of rows with the columns in its range: `depth` products a number, C's rows `stride` bytes apart. */
export function multiplyColumns(a: usize, b: usize, c: usize, stride: usize, rows: usize, columns: usize, depth: usize, ranges: usize): void {
  for (let j: usize = 0; j < columns; j += COLUMNS) {
    const panel = b + ((j * depth) << 2);
    for (let i: usize = 0; i < rows; i += ROWS) {
      if (j < fromOf(ranges, i) || j >= toOf(ranges, i)) continue;
      tile(a + ((i * depth) << 2), panel, c + i * stride + (j << 2), stride, depth, min(ROWS, rows - i), false);
    }
  }
}

/** Packs the part of each panel of rows that lies in its range; panels are `room` numbers deep. */
export function packInside(a: usize, rowStride: usize, depthStride: usize, rows: usize, ranges: usize, room: usize, to: usize): void {
  for (let i: usize = 0; i < rows; i += ROWS) {
    const from = fromOf(ranges, i);
    packLeft(a + i * rowStride + from * depthStride, rowStride, depthStride, min(ROWS, rows - i), toOf(ranges, i) - from, to + ((i * room) << 2));
  }
}

/** What `packInside` packed by packed columns of `depth` numbers, of which each panel of rows meets those in its range; added to C. */
export function multiplyInside(
  a: usize, room: usize, b: usize, depth: usize, c: usize, stride: usize, rows: usize, columns: usize, ranges: usize, scratch: usize,
): void {
  for (let j: usize = 0; j < columns; j += COLUMNS) {
    const panel = b + ((j * depth) << 2);
    const width = min(COLUMNS, columns - j);
    for (let i: usize = 0; i < rows; i += ROWS) {
      const from = fromOf(ranges, i);
      const deep = toOf(ranges, i) - from;
      if (deep == 0) continue;
      const left = a + ((i * room) << 2);
      const right = panel + from * (COLUMNS << 2);
      const to = c + i * stride + (j << 2);
      const height = min(ROWS, rows - i);
      if (width == COLUMNS) tile(left, right, to, stride, deep, height, true);
      else edgeTile(left, right, to, stride, deep, height, width, true, scratch);
    }
  }
}
