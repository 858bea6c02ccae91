import { madd } from "../simd/madd";
import { sumAcross } from "../simd/horizontal";
import { FLOAT32 } from "../simd/halves";
import { packRight } from "./pack";
import { COLUMNS } from "./tile";
import { rowsTimesTransposed } from "./vector";

// Products with a weight of 8 or 4 bits: the codes of a row lie one after the other, lowest bits first, and each group of them has a scale. A single
// row meets the codes themselves, and a group's sum the scale. A few rows share columns that were unpacked to float32 (four at a time, in the first
// cache), many rows packed panels of such columns.

/** Codes that are turned to float32 at a time: what groups are multiples of. */
const STEP: usize = 32;

// What turns unsigned bytes to signed ones, the lower halves of bytes, and what their codes stand above 0.
const BYTES: usize = memory.data<u32>([0x80808080, 0x0f0f0f0f, 0x08080808]);

// What makes the codes of a word signed, and the highest of them: of 8 bits, then of 4.
const CODES: usize = memory.data<u32>([0x80808080, 0xff000000, 0x88888888, 0xf0000000]);

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

/**
 * A row of x, at `a`, in the order in which `dots` meets its numbers, and so small as its codes are large: of every four words of codes first the
 * numbers for their lowest codes, last those for their highest.
 */
export function arrangeRow(bits: i32, a: usize, depth: usize, to: usize): void {
  const codes: usize = bits == 8 ? 4 : 8; // in a word
  const shrink: f32 = bits == 8 ? 1.0 / 16777216.0 : 1.0 / 268435456.0; // 2⁻²⁴ and 2⁻²⁸
  for (const end = a + (depth << 2); a < end; a += codes << 4)
    for (let place: usize = 0; place < codes; place++)
      for (let word: usize = 0; word < 4; word++, to += 4) store<f32>(to, shrink * load<f32>(a + ((word * codes + place) << 2)));
}

/** What a shift brings to the highest bits of the lanes, as float32. */
// @ts-ignore: decorator
@inline
function highest(codes: v128, shift: i32, mask: v128): v128 {
  return f32x4.convert_i32x4_s(v128.and(shift == 0 ? codes : i32x4.shl(codes, shift), mask));
}

/**
 * An arranged row of x times a column of the weight, group by group: columns one after the other are a single stream. A code is a signed number in the
 * highest bits of a lane: shifted there, with what is below it cut off.
 */
// @ts-ignore: decorator
@inline
function dot(bits: i32, a: usize, codes: usize, scales: usize, group: usize, depth: usize, flip: v128, mask: v128): f32 {
  let sum = f32x4.splat(0), other = f32x4.splat(0);
  for (const end = a + (depth << 2); a < end; scales += 4) {
    let s = f32x4.splat(0), t = f32x4.splat(0), u = f32x4.splat(0), v = f32x4.splat(0);
    for (const stop = a + (group << 2); a < stop; codes += bits << 2, a += STEP << 2) {
      let x = v128.xor(v128.load(codes), flip);
      s = madd(v128.load(a), highest(x, 32 - bits, mask), s);
      t = madd(v128.load(a, 16), highest(x, 32 - 2 * bits, mask), t);
      u = madd(v128.load(a, 32), highest(x, 32 - 3 * bits, mask), u);
      v = madd(v128.load(a, 48), highest(x, 32 - 4 * bits, mask), v);
      if (bits == 8) x = v128.xor(v128.load(codes, 16), flip);
      s = madd(v128.load(a, 64), highest(x, bits == 8 ? 24 : 12, mask), s);
      t = madd(v128.load(a, 80), highest(x, bits == 8 ? 16 : 8, mask), t);
      u = madd(v128.load(a, 96), highest(x, bits == 8 ? 8 : 4, mask), u);
      v = madd(v128.load(a, 112), highest(x, 0, mask), v);
    }
    const scale = v128.load32_splat(scales);
    sum = madd(f32x4.add(s, t), scale, sum);
    other = madd(f32x4.add(u, v), scale, other);
  }
  return sumAcross(f32x4.add(sum, other));
}

/** An arranged row of x (`arrangeRow`) times columns [from, to) of a weight of `bits` bits. */
export function rowTimesQuantized(
  bits: i32, a: usize, codes: usize, scales: usize, group: usize, c: usize, depth: usize, from: usize, to: usize,
): void {
  const rowBytes = (depth * bits) >> 3;
  const rowScales = (depth / group) << 2;
  codes += from * rowBytes;
  scales += from * rowScales;
  const flip = v128.load32_splat(CODES + (bits == 8 ? 0 : 8)), mask = v128.load32_splat(CODES + (bits == 8 ? 4 : 12));
  for (let j = from; j < to; j++, codes += rowBytes, scales += rowScales)
    store<f32>(c + (j << 2), bits == 8 ? dot(8, a, codes, scales, group, depth, flip, mask) : dot(4, a, codes, scales, group, depth, flip, mask));
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

/** Some rows, one after the other at `a`, times columns [from, to) of a weight of `bits` bits; `scratch` has `unpackedBytes`. */
export function rowsTimesQuantized(
  bits: i32, a: usize, codes: usize, scales: usize, group: usize, c: usize, rows: usize, columns: usize, depth: usize, scratch: usize, from: usize, to: usize,
): void {
  const rowBytes = (depth * bits) >> 3;
  const rowScales = (depth / group) << 2;
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
