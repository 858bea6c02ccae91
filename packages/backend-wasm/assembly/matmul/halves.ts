import { BFLOAT16, FLOAT16, loadOneAs } from "../simd/halves";
import { sumAcross } from "../simd/horizontal";
import { madd } from "../simd/madd";
import { dot } from "./vector";

// A row times a matrix of 16-bit floats whose rows are neighbours, at the speed of memory. A word holds two numbers, which become float32 where they
// are, without a move to another lane: the row is arranged once for all columns, of every eight numbers first those that meet the lower halves of
// four words, then those that meet the upper ones. As in vector.ts, columns that lie far apart share the loads of the row:
// three of them, since the constants of float16 leave no registers for a fourth.

// What brings the lower float16 of a word to its place; all but copies of signs; the upper halves; what is set in a float16 from 2 on; magnitudes.
const CONSTANTS: usize = memory.data<u32>([0x00002000, 0x8fffe000, 0xffff0000, 0x40004000, 0x7fff7fff]);

// The exponent of a float16 is taken for a float32's, which makes it smaller by 2¹¹²; so the row is larger by 2¹⁰⁰, and no product is lost that
// float32 holds, down to 10⁻³⁴. Numbers from 2²⁸ on become Infinity, and what comes of them is done again.
const LARGER: f32 = 1267650600228229401496703205376.0; // 2¹⁰⁰
const REST: f32 = 4096.0; // 2¹²

/** A row in the order in which `rowTimesHalves` meets its numbers; its last `depth % 8` are left out. */
export function arrangeForHalves(kind: i32, a: usize, depth: usize, to: usize): void {
  const by = f32x4.splat(kind == FLOAT16 ? LARGER : 1);
  for (const end = to + ((depth & ~7) << 2); to < end; to += 32, a += 32) {
    const first = f32x4.mul(v128.load(a), by), last = f32x4.mul(v128.load(a, 16), by);
    v128.store(to, i8x16.shuffle(first, last, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27));
    v128.store(to, i8x16.shuffle(first, last, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31), 16);
  }
}

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** The lower halves of four words as float32. `kind` is a constant where this is inlined; `by` and `mask` are constants 0 and 1. */
// @ts-ignore: decorator
@inline
function lower(kind: i32, words: v128, by: v128, mask: v128): v128 {
  return kind == FLOAT16 ? v128.and(i32x4.dot_i16x8_s(words, by), mask) : i32x4.shl(words, 16);
}

/** The upper halves; `mask` is constant 1 for float16, 2 for bfloat16. */
// @ts-ignore: decorator
@inline
function upper(kind: i32, words: v128, mask: v128): v128 {
  return v128.and(kind == FLOAT16 ? i32x4.shr_s(words, 3) : words, mask);
}

/** Whether none of a column's float16 is an Infinity or a NaN. */
function isFinite16(b: usize, count: usize): bool {
  const magnitudes = constant(4);
  let most = i16x8.splat(0);
  for (const end = b + (count << 1); b < end; b += 16) most = i16x8.max_s(most, v128.and(v128.load(b), magnitudes));
  return !v128.any_true(i16x8.gt_s(most, i16x8.splat(0x7bff)));
}

/**
 * Writes a column's result: the sum over whole eights, and the rest. Where that can't be trusted `dot` says what comes out, for this column alone, so
 * that no result depends on its neighbours.
 */
// @ts-ignore: decorator
@inline
function finish(kind: i32, at: usize, s: v128, t: v128, a: usize, b: usize, depth: usize, large: bool): void {
  const whole = depth & ~7;
  let sum = sumAcross(f32x4.add(s, t));
  if (kind == FLOAT16) sum *= REST;
  for (let k = whole; k < depth; k++) sum += load<f32>(a + (k << 2)) * loadOneAs(kind, b + (k << 1));
  if (kind == FLOAT16 && (!(abs(sum) < Infinity) || (large && !isFinite16(b, whole)))) sum = dot(FLOAT16, a, b, depth);
  store<f32>(at, sum);
}

// @ts-ignore: decorator
@inline
function columnsOf(kind: i32, arranged: usize, a: usize, b: usize, bColumn: usize, c: usize, depth: usize, from: usize, to: usize): void {
  const by = constant(0), mask = constant(kind == FLOAT16 ? 1 : 2);
  const third = (to - from) / 3;
  const far = third * bColumn;
  const length = (depth & ~7) << 2;
  for (let j = from; j < from + third; j++) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0);
    let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), seen = i32x4.splat(0);
    const b0 = b + j * bColumn, b1 = b0 + far, b2 = b1 + far;
    let x = arranged, p0 = b0, p1 = b1, p2 = b2;
    for (const end = x + length; x < end; x += 32, p0 += 16, p1 += 16, p2 += 16) {
      const u = v128.load(x), v = v128.load(x, 16);
      let y = v128.load(p0);
      if (kind == FLOAT16) seen = v128.or(seen, y);
      s0 = madd(u, lower(kind, y, by, mask), s0); t0 = madd(v, upper(kind, y, mask), t0);
      y = v128.load(p1);
      if (kind == FLOAT16) seen = v128.or(seen, y);
      s1 = madd(u, lower(kind, y, by, mask), s1); t1 = madd(v, upper(kind, y, mask), t1);
      y = v128.load(p2);
      if (kind == FLOAT16) seen = v128.or(seen, y);
      s2 = madd(u, lower(kind, y, by, mask), s2); t2 = madd(v, upper(kind, y, mask), t2);
    }
    // numbers below 2 have this bit clear: where all do, none is special
    const large = kind == FLOAT16 && v128.any_true(v128.and(seen, constant(3)));
    const at = c + (j << 2);
    finish(kind, at, s0, t0, a, b0, depth, large);
    finish(kind, at + (third << 2), s1, t1, a, b1, depth, large);
    finish(kind, at + (third << 3), s2, t2, a, b2, depth, large);
  }
  for (let j = from + 3 * third; j < to; j++) store<f32>(c + (j << 2), dot(kind, a, b + j * bColumn, depth));
}

/** The row at `a`, and arranged (`arrangeForHalves`), times columns [from, to) of a matrix of 16-bit floats; `from` is a multiple of 3. */
export function rowTimesHalves(
  kind: i32, arranged: usize, a: usize, b: usize, bColumn: usize, c: usize, depth: usize, from: usize, to: usize,
): void {
  if (kind == FLOAT16) columnsOf(FLOAT16, arranged, a, b, bColumn, c, depth, from, to);
  else columnsOf(BFLOAT16, arranged, a, b, bColumn, c, depth, from, to);
}
