import { addressOf, operandAt, wordAt } from "./program/operand";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "./simd/halves";

// copy: for every row of the operand (its last axes, merged) copy it to its place in the output; where the operand is a transpose, 4 × 4
// numbers at a time; where the types differ, converting. Operand 0 is the source, operand 1 its region of the output.

/** Four bytes stay four bytes. */
export const WORDS = 0;
/** Two bytes stay two bytes. */
export const HALF_WORDS = 1;
export const TO_FLOAT16 = 2;
export const TO_BFLOAT16 = 3;
export const FROM_FLOAT16 = 4;
export const FROM_BFLOAT16 = 5;

// @ts-ignore: decorator
@inline
function convert(kind: i32, x: v128): v128 {
  if (kind == TO_FLOAT16) return toFloat16(x);
  if (kind == TO_BFLOAT16) return toBfloat16(x);
  return kind == FROM_FLOAT16 ? fromFloat16(x) : fromBfloat16(x);
}

// @ts-ignore: decorator
@inline
function convertRow(kind: i32, source: usize, step: usize, target: usize, targetStep: usize, count: usize): void {
  const narrow = kind == TO_FLOAT16 || kind == TO_BFLOAT16;
  const isDense = narrow ? step == 4 && targetStep == 2 : step == 2 && targetStep == 4;
  if (isDense) {
    for (; count >= 8; count -= 8) {
      if (narrow) {
        const low = convert(kind, v128.load(source));
        const high = convert(kind, v128.load(source, 16));
        v128.store(target, i8x16.shuffle(low, high, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29));
        source += 32;
        target += 16;
      } else {
        const both = v128.load(source);
        v128.store(target, convert(kind, i32x4.extend_low_i16x8_u(both)));
        v128.store(target, convert(kind, i32x4.extend_high_i16x8_u(both)), 16);
        source += 16;
        target += 32;
      }
    }
  }
  for (; count > 0; count--) {
    if (narrow) store<u16>(target, <u16>i32x4.extract_lane(convert(kind, i32x4.splat(load<u32>(source))), 0));
    else store<u32>(target, i32x4.extract_lane(convert(kind, i32x4.splat(load<u16>(source))), 0));
    source += step;
    target += targetStep;
  }
}

/** `count` numbers, `step` bytes apart, to where they are `targetStep` bytes apart; converted as `kind` says. */
export function copyRow(kind: i32, source: usize, step: usize, target: usize, targetStep: usize, count: usize): void {
  if (kind == WORDS) {
    if (step == 4 && targetStep == 4) memory.copy(target, source, count << 2);
    else for (; count > 0; count--, source += step, target += targetStep) store<u32>(target, load<u32>(source));
  } else if (kind == HALF_WORDS) {
    if (step == 2 && targetStep == 2) memory.copy(target, source, count << 1);
    else for (; count > 0; count--, source += step, target += targetStep) store<u16>(target, load<u16>(source));
  } else if (kind == TO_FLOAT16) convertRow(TO_FLOAT16, source, step, target, targetStep, count);
  else if (kind == TO_BFLOAT16) convertRow(TO_BFLOAT16, source, step, target, targetStep, count);
  else if (kind == FROM_FLOAT16) convertRow(FROM_FLOAT16, source, step, target, targetStep, count);
  else convertRow(FROM_BFLOAT16, source, step, target, targetStep, count);
}

/** Rows [from, to) of an operand's region. */
export function copyRows(kind: i32, space: usize, operands: usize, from: usize, to: usize): void {
  const rank = wordAt(space, 0);
  const count = wordAt(space, rank);
  const source = operandAt(operands, rank, 0);
  const target = operandAt(operands, rank, 1);
  for (let row = from; row < to; row++) {
    const position = row * count;
    copyRow(kind, addressOf(source, space, position), wordAt(source, rank + 1), addressOf(target, space, position), wordAt(target, rank + 1), count);
  }
}

// One [rows, columns] matrix: the source's neighbours lie along its rows' axis, the target's along its columns'.
function transposeMatrix(source: usize, sourceStep: usize, target: usize, targetStep: usize, rows: usize, columns: usize): void {
  // 16 rows of the target at a time: their lines stay in the first cache while the source's columns pass by
  for (let first: usize = 0; first < rows; first += 16) {
    const last = min(rows, first + 16);
    let c: usize = 0;
    for (; c + 4 <= columns; c += 4) {
      let r = first;
      for (; r + 4 <= last; r += 4) {
        const from = source + (r << 2) + c * sourceStep;
        const to = target + r * targetStep + (c << 2);
        const c0 = v128.load(from), c1 = v128.load(from + sourceStep);
        const c2 = v128.load(from + 2 * sourceStep), c3 = v128.load(from + 3 * sourceStep);
        const p = i8x16.shuffle(c0, c1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const q = i8x16.shuffle(c2, c3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const s = i8x16.shuffle(c0, c1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        const t = i8x16.shuffle(c2, c3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        v128.store(to, i8x16.shuffle(p, q, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
        v128.store(to + targetStep, i8x16.shuffle(p, q, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
        v128.store(to + 2 * targetStep, i8x16.shuffle(s, t, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
        v128.store(to + 3 * targetStep, i8x16.shuffle(s, t, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
      }
      for (; r < last; r++)
        for (let d: usize = 0; d < 4; d++) store<u32>(target + r * targetStep + ((c + d) << 2), load<u32>(source + (r << 2) + (c + d) * sourceStep));
    }
    for (; c < columns; c++)
      for (let r = first; r < last; r++) store<u32>(target + r * targetStep + (c << 2), load<u32>(source + (r << 2) + c * sourceStep));
  }
}

/** Matrices [from, to) of a region whose last two axes are a transposed matrix of 4-byte numbers. */
export function copyTransposed(space: usize, operands: usize, from: usize, to: usize): void {
  const rank = wordAt(space, 0);
  const rows = wordAt(space, rank - 1);
  const columns = wordAt(space, rank);
  const source = operandAt(operands, rank, 0);
  const target = operandAt(operands, rank, 1);
  for (let matrix = from; matrix < to; matrix++) {
    const position = matrix * rows * columns;
    transposeMatrix(addressOf(source, space, position), wordAt(source, rank + 1), addressOf(target, space, position), wordAt(target, rank), rows, columns);
  }
}

/** Fills `count` words with one value. */
export function fillWords(at: usize, value: u32, count: usize): void {
  if (value == 0) {
    memory.fill(at, 0, count << 2);
    return;
  }
  const end = at + (count << 2);
  const four = i32x4.splat(value);
  for (; at + 16 <= end; at += 16) v128.store(at, four);
  for (; at < end; at += 4) store<u32>(at, value);
}

/** Fills `count` half words with one value. */
export function fillHalfWords(at: usize, value: u32, count: usize): void {
  for (const end = at + (count << 1); at < end; at += 2) store<u16>(at, <u16>value);
}
