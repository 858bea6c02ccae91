import { madd } from "../simd/madd";
import { sumAcross } from "../simd/horizontal";
import { FLOAT32 } from "../simd/halves";
import { packRight } from "./pack";
import { COLUMNS } from "./tile";
import { rowsTimesTransposed } from "./vector";

// Products with a weight of 8 or 4 bits: `count` codes of a row lie one after the other, lowest bits first, and each group of them has a scale. A
// single row multiplies codes and sums a group before it meets the scale, so the weight is read once, as it lies. More rows share a column that
// was unpacked to float32 (four at a time, in the first cache), many rows panels of such columns.

/** Codes that are turned to float32 at a time: what groups are multiples of. */
const STEP: usize = 32;

// What turns unsigned bytes to signed ones, the lower halves of bytes, and what their codes stand above 0.
const BYTES: usize = memory.data<u32>([0x80808080, 0x0f0f0f0f, 0x08080808]);

/** A vector of constants, to be made once before a loop. */
// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(BYTES + (index << 2));
}

/** The first 16 (`part` 0) or the last 16 of 32 codes as signed bytes. `bits` and `part` are constants where this is inlined. */
// @ts-ignore: decorator
@inline
function signedBytes(bits: i32, at: usize, part: i32, flip: v128, mask: v128, zero: v128): v128 {
  if (bits == 8) return v128.xor(v128.load(at + (part << 4)), flip);
  const pairs = v128.load(at);
  const low = v128.and(pairs, mask), high = v128.and(i16x8.shr_u(pairs, 4), mask);
  const codes = part == 0
    ? i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    : i8x16.shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return i8x16.sub(codes, zero);
}

// @ts-ignore: decorator
@inline
function lower(words: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words));
}

// @ts-ignore: decorator
@inline
function upper(words: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words));
}

/** A row of x times a column of the weight, group by group. */
// @ts-ignore: decorator
@inline
function dot(bits: i32, a: usize, codes: usize, scales: usize, group: usize, depth: usize, flip: v128, mask: v128, zero: v128): f32 {
  let sum = f32x4.splat(0), other = f32x4.splat(0);
  for (const end = a + (depth << 2); a < end; scales += 4) {
    let s = f32x4.splat(0), t = f32x4.splat(0), u = f32x4.splat(0), v = f32x4.splat(0);
    for (const stop = a + (group << 2); a < stop; a += STEP << 2, codes += bits << 2) {
      const first = signedBytes(bits, codes, 0, flip, mask, zero);
      const x = i16x8.extend_low_i8x16_s(first), y = i16x8.extend_high_i8x16_s(first);
      s = madd(v128.load(a), lower(x), s);
      t = madd(v128.load(a, 16), upper(x), t);
      u = madd(v128.load(a, 32), lower(y), u);
      v = madd(v128.load(a, 48), upper(y), v);
      const last = signedBytes(bits, codes, 1, flip, mask, zero);
      const z = i16x8.extend_low_i8x16_s(last), w = i16x8.extend_high_i8x16_s(last);
      s = madd(v128.load(a, 64), lower(z), s);
      t = madd(v128.load(a, 80), upper(z), t);
      u = madd(v128.load(a, 96), lower(w), u);
      v = madd(v128.load(a, 112), upper(w), v);
    }
    const scale = v128.load32_splat(scales);
    sum = madd(f32x4.add(s, t), scale, sum);
    other = madd(f32x4.add(u, v), scale, other);
  }
  return sumAcross(f32x4.add(sum, other));
}

/** Codes [from, from + count) of a row of the weight as float32 numbers at `to`; `from` and `count` are multiples of 32. */
// @ts-ignore: decorator
@inline
function unpack(bits: i32, codes: usize, scales: usize, group: usize, from: usize, count: usize, to: usize): void {
  const flip = constant(0), mask = constant(1), zero = constant(2);
  let at = codes + ((from * bits) >> 3);
  const end = from + count;
  while (from < end) {
    const place = from / group;
    const scale = v128.load32_splat(scales + (place << 2));
    for (const stop = min(end, (place + 1) * group); from < stop; from += STEP, at += bits << 2, to += STEP << 2) {
      const first = signedBytes(bits, at, 0, flip, mask, zero), last = signedBytes(bits, at, 1, flip, mask, zero);
      const x = i16x8.extend_low_i8x16_s(first), y = i16x8.extend_high_i8x16_s(first);
      v128.store(to, f32x4.mul(lower(x), scale));
      v128.store(to, f32x4.mul(upper(x), scale), 16);
      v128.store(to, f32x4.mul(lower(y), scale), 32);
      v128.store(to, f32x4.mul(upper(y), scale), 48);
      const z = i16x8.extend_low_i8x16_s(last), w = i16x8.extend_high_i8x16_s(last);
      v128.store(to, f32x4.mul(lower(z), scale), 64);
      v128.store(to, f32x4.mul(upper(z), scale), 80);
      v128.store(to, f32x4.mul(lower(w), scale), 96);
      v128.store(to, f32x4.mul(upper(w), scale), 112);
    }
  }
}

function unpackOf(bits: i32, codes: usize, scales: usize, group: usize, from: usize, count: usize, to: usize): void {
  if (bits == 8) unpack(8, codes, scales, group, from, count, to);
  else unpack(4, codes, scales, group, from, count, to);
}

/** The bytes in which columns are unpacked. */
export function unpackedBytes(depth: usize): usize {
  return depth << 5;
}

/** A few rows, one after the other at `a`, times columns [from, to) of a weight of `bits` bits; `scratch` has `unpackedBytes`. */
export function rowsTimesQuantized(
  bits: i32, a: usize, codes: usize, scales: usize, group: usize, c: usize, rows: usize, columns: usize, depth: usize, scratch: usize, from: usize, to: usize,
): void {
  const rowBytes = (depth * bits) >> 3;
  const rowScales = (depth / group) << 2;
  if (rows == 1) {
    const flip = constant(0), mask = constant(1), zero = constant(2);
    if (bits == 8)
      for (let j = from; j < to; j++) store<f32>(c + (j << 2), dot(8, a, codes + j * rowBytes, scales + j * rowScales, group, depth, flip, mask, zero));
    else
      for (let j = from; j < to; j++) store<f32>(c + (j << 2), dot(4, a, codes + j * rowBytes, scales + j * rowScales, group, depth, flip, mask, zero));
    return;
  }
  for (let j = from; j < to; j += 4) {
    const wide = min<usize>(4, to - j);
    for (let i: usize = 0; i < wide; i++)
      unpackOf(bits, codes + (j + i) * rowBytes, scales + (j + i) * rowScales, group, 0, depth, scratch + ((i * depth) << 2));
    rowsTimesTransposed(FLOAT32, a, scratch, depth << 2, c + (j << 2), rows, columns, depth, 0, wide);
  }
}

/**
 * Packs panels [from, to) of eight columns of a block of the weight, `deep` × `width` from depth `first` on, as `packPanels` does; its columns begin at
 * `codes` and `scales`, `depth` long; `scratch` has `unpackedBytes(deep)`.
 */
export function packQuantizedPanels(
  bits: i32, codes: usize, scales: usize, group: usize, depth: usize, first: usize, deep: usize, width: usize, packed: usize, scratch: usize, from: usize, to: usize,
): void {
  const rowBytes = (depth * bits) >> 3;
  const rowScales = (depth / group) << 2;
  for (let panel = from; panel < to; panel++) {
    const column = panel * COLUMNS;
    const wide = min(COLUMNS, width - column);
    for (let i: usize = 0; i < wide; i++)
      unpackOf(bits, codes + (column + i) * rowBytes, scales + (column + i) * rowScales, group, first, deep, scratch + ((i * deep) << 2));
    packRight(FLOAT32, scratch, 4, deep << 2, deep, wide, packed + ((column * deep) << 2));
  }
}
