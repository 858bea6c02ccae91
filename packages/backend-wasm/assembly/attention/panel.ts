import { COLUMNS, ROWS } from "../matmul/tile";
import { transposeTo } from "../matmul/pack";
import { powerOfNegative } from "../simd/exponential";
import { AttentionCall, bitsAt } from "./call";

// A panel of scores: for each key one number of each of eight queries.

// The bits of a query, of the eight from `query` on of which only `together` are there; the last one's for those that aren't.
// @ts-ignore: decorator
@inline
function bitsOf(call: AttentionCall, block: u32, query: usize, together: usize, i: usize, key: usize): u32 {
  return load<u32>(bitsAt(call, block, query + min(i, together - 1), key));
}

/** The range of keys [from, to), counted from `key`, that one of the queries sees, as from | to << 16; `from` is a multiple of six. */
export function rangeOf(call: AttentionCall, block: u32, query: usize, together: usize, key: usize, size: usize): u32 {
  if (block < 2) return <u32>(size << 16);
  let from = size;
  let to: usize = 0;
  for (let k: usize = 0; k < size; k += 32) {
    let seen: u32 = 0;
    for (let i: usize = 0; i < together; i++) seen |= bitsOf(call, block, query, together, i, key + k);
    if (!seen) continue;
    from = min(from, k + ctz<u32>(seen));
    to = k + 32 - clz<u32>(seen);
  }
  to = min(to, size);
  return from < to ? <u32>(from / ROWS * ROWS | (to << 16)) : 0;
}

/** −Infinity to the scores of keys [from, to), counted from `key`, that a query doesn't see. */
export function hide(call: AttentionCall, block: u32, query: usize, together: usize, key: usize, from: usize, to: usize, scores: usize): void {
  const hidden = f32x4.splat(-Infinity);
  const zero = i32x4.splat(0);
  for (let k = from; k < to; ) {
    const word = key + (k & ~31);
    const end = min(to, (k & ~31) + 32);
    const w0 = bitsOf(call, block, query, together, 0, word), w1 = bitsOf(call, block, query, together, 1, word);
    const w2 = bitsOf(call, block, query, together, 2, word), w3 = bitsOf(call, block, query, together, 3, word);
    const w4 = bitsOf(call, block, query, together, 4, word), w5 = bitsOf(call, block, query, together, 5, word);
    const w6 = bitsOf(call, block, query, together, 6, word), w7 = bitsOf(call, block, query, together, 7, word);
    if ((w0 & w1 & w2 & w3 & w4 & w5 & w6 & w7) == 0xffffffff) {
      k = end;
      continue;
    }
    const left = i32x4(w0, w1, w2, w3), right = i32x4(w4, w5, w6, w7);
    for (; k < end; k++) {
      const bit = i32x4.splat(1 << <i32>(k & 31));
      const at = scores + ((k - from) << 5);
      v128.store(at, v128.bitselect(hidden, v128.load(at), i32x4.eq(v128.and(left, bit), zero)));
      v128.store(at, v128.bitselect(hidden, v128.load(at, 16), i32x4.eq(v128.and(right, bit), zero)), 16);
    }
  }
}

/** The rows of a panel of `count` times eight numbers: eight rows, `stride` bytes apart, with room for `count` rounded up to four. */
export function rowsOf(panel: usize, count: usize, rows: usize, stride: usize): void {
  for (let k: usize = 0; k < count; k += 4, panel += 128, rows += 16) {
    transposeTo(rows, stride, v128.load(panel), v128.load(panel, 32), v128.load(panel, 64), v128.load(panel, 96));
    transposeTo(rows + 4 * stride, stride, v128.load(panel, 16), v128.load(panel, 48), v128.load(panel, 80), v128.load(panel, 112));
  }
}

/**
 * The scores of `count` keys become weights relative to the largest score so far; what was summed before, the eight queries' contexts of `height`
 * numbers too, is rescaled where that grew. There is room for one key more.
 */
export function softmaxPanel(scores: usize, count: usize, largest: usize, sums: usize, context: usize, height: usize): void {
  const hidden = f32x4.splat(-Infinity);
  let end = scores + (count << 5);
  if (count & 1) {
    v128.store(end, hidden);
    v128.store(end, hidden, 16);
    end += 32;
  }
  const before0 = v128.load(largest), before1 = v128.load(largest, 16);
  let most0 = before0, most1 = before1, other0 = before0, other1 = before1;
  for (let at = scores; at < end; at += 64) {
    most0 = f32x4.pmax(most0, v128.load(at));
    most1 = f32x4.pmax(most1, v128.load(at, 16));
    other0 = f32x4.pmax(other0, v128.load(at, 32));
    other1 = f32x4.pmax(other1, v128.load(at, 48));
  }
  most0 = f32x4.pmax(most0, other0);
  most1 = f32x4.pmax(most1, other1);
  // a query that has seen nothing yet has −Infinity, which can't be subtracted
  const base0 = v128.andnot(most0, f32x4.eq(most0, hidden)), base1 = v128.andnot(most1, f32x4.eq(most1, hidden));
  let sum0 = v128.load(sums), sum1 = v128.load(sums, 16);
  if (v128.any_true(v128.or(f32x4.ne(most0, before0), f32x4.ne(most1, before1)))) {
    const shrink0 = powerOfNegative(f32x4.sub(before0, base0)), shrink1 = powerOfNegative(f32x4.sub(before1, base1));
    sum0 = f32x4.mul(sum0, shrink0);
    sum1 = f32x4.mul(sum1, shrink1);
    for (let at = context; at < context + (height << 5); at += 32) {
      v128.store(at, f32x4.mul(v128.load(at), shrink0));
      v128.store(at, f32x4.mul(v128.load(at, 16), shrink1), 16);
    }
    v128.store(largest, most0);
    v128.store(largest, most1, 16);
  }
  let more0 = f32x4.splat(0), more1 = f32x4.splat(0);
  for (let at = scores; at < end; at += 32) {
    const weight0 = powerOfNegative(f32x4.sub(v128.load(at), base0)), weight1 = powerOfNegative(f32x4.sub(v128.load(at, 16), base1));
    v128.store(at, weight0);
    v128.store(at, weight1, 16);
    more0 = f32x4.add(more0, weight0);
    more1 = f32x4.add(more1, weight1);
  }
  v128.store(sums, f32x4.add(sum0, more0));
  v128.store(sums, f32x4.add(sum1, more1), 16);
}
