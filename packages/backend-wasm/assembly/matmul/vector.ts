import { BFLOAT16, constantFor, FLOAT16, FLOAT32, loadAs, loadOneAs, shiftOf } from "../simd/halves";
import { madd } from "../simd/madd";
import { sumAcross } from "../simd/horizontal";

// A few rows times a matrix, which is read once, in the order in which it lies, at the speed of memory: nothing is packed. The matrix may be kept
// in 16 bits, which are half the bytes: `kind` says how, and is a constant in each of the three loops that come of one.

/** How deep a block of a matrix is that `rowsTimesBlocks` takes as one. */
const DEEP: usize = 96;

/** How many blocks of its depth a matrix has. */
export function blocksOf(depth: usize): usize {
  return (depth + DEEP - 1) / DEEP;
}

/**
 * Rows times a matrix whose columns are neighbours (row-major): for every eight rows of B, for every row of A, C's row gains their eight
 * multiples. A's row i is at `a + i·depth`, contiguous; columns [from, to). With `accumulate` what is in C stays and gains.
 */
export function rowsTimesMatrix(
  kind: i32, a: usize, b: usize, bDepth: usize, c: usize, rows: usize, columns: usize, depth: usize, accumulate: bool, from: usize, to: usize,
): void {
  matrixOf(kind, a, depth, b, bDepth, c, rows, columns, depth, accumulate, from, to);
}

/**
 * The same of float32 for columns [0, to), and what is in C gains: a part of a longer product, so that A's rows lie `aRow` numbers apart.
 */
export function rowsTimesPart(
  a: usize, aRow: usize, b: usize, bDepth: usize, c: usize, rows: usize, columns: usize, depth: usize, to: usize,
): void {
  matrixOf(FLOAT32, a, aRow, b, bDepth, c, rows, columns, depth, true, 0, to);
}

/**
 * The same product in blocks of its depth, of which [from, to): so that threads read rows of B that follow one another, whole, where parts of its
 * columns would be many short streams. The first block's product goes to C, that of each other one beside it in `partial`; `addBlocks` adds them up.
 */
export function rowsTimesBlocks(
  kind: i32, a: usize, b: usize, bDepth: usize, c: usize, partial: usize, rows: usize, columns: usize, depth: usize, from: usize, to: usize,
): void {
  for (let block = from; block < to; block++) {
    const k = block * DEEP;
    const out = block == 0 ? c : partial + (((block - 1) * rows * columns) << 2);
    matrixOf(kind, a + (k << 2), depth, b + k * bDepth, bDepth, out, rows, columns, min(DEEP, depth - k), false, 0, columns);
  }
}

/** What `rowsTimesBlocks` left: `count` numbers of C gain those of each block after the first, in the blocks' order. */
export function addBlocks(c: usize, partial: usize, blocks: usize, count: usize): void {
  const end = c + (count << 2);
  for (let block: usize = 1; block < blocks; block++) {
    let at = c;
    for (; at + 16 <= end; at += 16, partial += 16) v128.store(at, f32x4.add(v128.load(at), v128.load(partial)));
    for (; at < end; at += 4, partial += 4) store<f32>(at, load<f32>(at) + load<f32>(partial));
  }
}

function matrixOf(
  kind: i32, a: usize, aRow: usize, b: usize, bDepth: usize, c: usize, rows: usize, columns: usize, depth: usize, accumulate: bool, from: usize, to: usize,
): void {
  if (kind == FLOAT32) matrixOfKind(FLOAT32, a, aRow, b, bDepth, c, rows, columns, depth, accumulate, from, to);
  else if (kind == FLOAT16) matrixOfKind(FLOAT16, a, aRow, b, bDepth, c, rows, columns, depth, accumulate, from, to);
  else matrixOfKind(BFLOAT16, a, aRow, b, bDepth, c, rows, columns, depth, accumulate, from, to);
}

/** What four numbers of C are with the multiples of eight rows of B, at `p` in each: one sum after the other, so that all columns are summed alike. */
// @ts-ignore: decorator
@inline
function gained(
  kind: i32, y: v128, p: usize, b0: usize, b1: usize, b2: usize, b3: usize, b4: usize, b5: usize, b6: usize, b7: usize,
  x0: v128, x1: v128, x2: v128, x3: v128, x4: v128, x5: v128, x6: v128, x7: v128, h0: v128, h1: v128, h2: v128, h3: v128,
): v128 {
  y = madd(x0, loadAs(kind, b0 + p, h0, h1, h2, h3), y);
  y = madd(x1, loadAs(kind, b1 + p, h0, h1, h2, h3), y);
  y = madd(x2, loadAs(kind, b2 + p, h0, h1, h2, h3), y);
  y = madd(x3, loadAs(kind, b3 + p, h0, h1, h2, h3), y);
  y = madd(x4, loadAs(kind, b4 + p, h0, h1, h2, h3), y);
  y = madd(x5, loadAs(kind, b5 + p, h0, h1, h2, h3), y);
  y = madd(x6, loadAs(kind, b6 + p, h0, h1, h2, h3), y);
  return madd(x7, loadAs(kind, b7 + p, h0, h1, h2, h3), y);
}

// @ts-ignore: decorator
@inline
function matrixOfKind(
  kind: i32, a: usize, aRow: usize, b: usize, bDepth: usize, c: usize, rows: usize, columns: usize, depth: usize, accumulate: bool, from: usize, to: usize,
): void {
  const h0 = constantFor(kind, 0), h1 = constantFor(kind, 1), h2 = constantFor(kind, 2), h3 = constantFor(kind, 3);
  const narrow: usize = 2 - shiftOf(kind);
  const four: usize = 4 << shiftOf(kind);
  if (!accumulate) for (let i: usize = 0; i < rows; i++) memory.fill(c + ((i * columns + from) << 2), 0, (to - from) << 2);
  let k: usize = 0;
  for (; k + 8 <= depth; k += 8) {
    const b0 = b + k * bDepth, b1 = b0 + bDepth, b2 = b1 + bDepth, b3 = b2 + bDepth;
    const b4 = b3 + bDepth, b5 = b4 + bDepth, b6 = b5 + bDepth, b7 = b6 + bDepth;
    for (let i: usize = 0; i < rows; i++) {
      const x = a + ((i * aRow + k) << 2);
      const row = c + ((i * columns) << 2);
      const x0 = v128.load32_splat(x), x1 = v128.load32_splat(x, 4), x2 = v128.load32_splat(x, 8), x3 = v128.load32_splat(x, 12);
      const x4 = v128.load32_splat(x, 16), x5 = v128.load32_splat(x, 20), x6 = v128.load32_splat(x, 24), x7 = v128.load32_splat(x, 28);
      let j = from << 2;
      for (; j + 32 <= to << 2; j += 32) {
        const p = j >> narrow, q = p + four, at = row + j;
        const y = gained(kind, v128.load(at), p, b0, b1, b2, b3, b4, b5, b6, b7, x0, x1, x2, x3, x4, x5, x6, x7, h0, h1, h2, h3);
        v128.store(at, y);
        v128.store(at, gained(kind, v128.load(at, 16), q, b0, b1, b2, b3, b4, b5, b6, b7, x0, x1, x2, x3, x4, x5, x6, x7, h0, h1, h2, h3), 16);
      }
      for (; j + 16 <= to << 2; j += 16) v128.store(row + j, gained(kind, v128.load(row + j), j >> narrow, b0, b1, b2, b3, b4, b5, b6, b7, x0, x1, x2, x3, x4, x5, x6, x7, h0, h1, h2, h3));
      for (; j < to << 2; j += 4) {
        let y = load<f32>(row + j);
        for (let r: usize = 0; r < 8; r++) y += load<f32>(x + (r << 2)) * loadOneAs(kind, b0 + r * bDepth + (j >> narrow));
        store<f32>(row + j, y);
      }
    }
  }
  for (; k < depth; k++) {
    for (let i: usize = 0; i < rows; i++) {
      const x = load<f32>(a + ((i * aRow + k) << 2));
      const row = c + ((i * columns) << 2);
      for (let j = from << 2; j < to << 2; j += 4) store<f32>(row + j, load<f32>(row + j) + x * loadOneAs(kind, b + k * bDepth + (j >> narrow)));
    }
  }
}

/** The dot product of `count` neighbours; those at `b` are of a kind. */
// @ts-ignore: decorator
@inline
export function dot(kind: i32, a: usize, b: usize, count: usize): f32 {
  const h0 = constantFor(kind, 0), h1 = constantFor(kind, 1), h2 = constantFor(kind, 2), h3 = constantFor(kind, 3);
  let s = f32x4.splat(0), t = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 8 <= count; k += 8) {
    s = madd(v128.load(a), loadAs(kind, b, h0, h1, h2, h3), s);
    t = madd(v128.load(a, 16), loadAs(kind, b + (4 << shiftOf(kind)), h0, h1, h2, h3), t);
    a += 32;
    b += 8 << shiftOf(kind);
  }
  let sum = sumAcross(f32x4.add(s, t));
  for (; k < count; k++, a += 4, b += 1 << shiftOf(kind)) sum += load<f32>(a) * loadOneAs(kind, b);
  return sum;
}

/**
 * Rows times a matrix whose rows are neighbours (a transposed one, as weights are): every number is a dot product; four columns of B share the loads
 * of A. They are no neighbours but begin the quarters of [from, to): four streams, which a core reads faster than one, and far enough apart for the
 * processor to see that they are.
 */
export function rowsTimesTransposed(
  kind: i32, a: usize, b: usize, bColumn: usize, c: usize, rows: usize, columns: usize, depth: usize, from: usize, to: usize,
): void {
  if (kind == FLOAT32) transposedOf(FLOAT32, a, b, bColumn, c, rows, columns, depth, from, to);
  else if (kind == FLOAT16) transposedOf(FLOAT16, a, b, bColumn, c, rows, columns, depth, from, to);
  else transposedOf(BFLOAT16, a, b, bColumn, c, rows, columns, depth, from, to);
}

// @ts-ignore: decorator
@inline
function transposedOf(
  kind: i32, a: usize, b: usize, bColumn: usize, c: usize, rows: usize, columns: usize, depth: usize, from: usize, to: usize,
): void {
  const h0 = constantFor(kind, 0), h1 = constantFor(kind, 1), h2 = constantFor(kind, 2), h3 = constantFor(kind, 3);
  const even = depth & ~3;
  const quarter = (to - from) >> 2;
  const far = quarter * bColumn;
  for (let j = from; j < from + quarter; j++) {
    for (let i: usize = 0; i < rows; i++) {
      const x = a + ((i * depth) << 2);
      const b0 = b + j * bColumn, b1 = b0 + far, b2 = b1 + far, b3 = b2 + far;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
      let k: usize = 0;
      for (; k + 8 <= depth; k += 8) {
        const p = k << 2, q = k << shiftOf(kind);
        const u = v128.load(x + p), v = v128.load(x + p, 16);
        s0 = madd(u, loadAs(kind, b0 + q, h0, h1, h2, h3), s0); t0 = madd(v, loadAs(kind, b0 + q + (4 << shiftOf(kind)), h0, h1, h2, h3), t0);
        s1 = madd(u, loadAs(kind, b1 + q, h0, h1, h2, h3), s1); t1 = madd(v, loadAs(kind, b1 + q + (4 << shiftOf(kind)), h0, h1, h2, h3), t1);
        s2 = madd(u, loadAs(kind, b2 + q, h0, h1, h2, h3), s2); t2 = madd(v, loadAs(kind, b2 + q + (4 << shiftOf(kind)), h0, h1, h2, h3), t2);
        s3 = madd(u, loadAs(kind, b3 + q, h0, h1, h2, h3), s3); t3 = madd(v, loadAs(kind, b3 + q + (4 << shiftOf(kind)), h0, h1, h2, h3), t3);
      }
      for (; k < even; k += 4) {
        const p = k << 2, q = k << shiftOf(kind);
        const u = v128.load(x + p);
        s0 = madd(u, loadAs(kind, b0 + q, h0, h1, h2, h3), s0);
        s1 = madd(u, loadAs(kind, b1 + q, h0, h1, h2, h3), s1);
        s2 = madd(u, loadAs(kind, b2 + q, h0, h1, h2, h3), s2);
        s3 = madd(u, loadAs(kind, b3 + q, h0, h1, h2, h3), s3);
      }
      let r0 = sumAcross(f32x4.add(s0, t0)), r1 = sumAcross(f32x4.add(s1, t1));
      let r2 = sumAcross(f32x4.add(s2, t2)), r3 = sumAcross(f32x4.add(s3, t3));
      for (; k < depth; k++) {
        const p = k << 2, q = k << shiftOf(kind);
        const u = load<f32>(x + p);
        r0 += u * loadOneAs(kind, b0 + q);
        r1 += u * loadOneAs(kind, b1 + q);
        r2 += u * loadOneAs(kind, b2 + q);
        r3 += u * loadOneAs(kind, b3 + q);
      }
      const to4 = c + ((i * columns + j) << 2);
      store<f32>(to4, r0);
      store<f32>(to4 + (quarter << 2), r1);
      store<f32>(to4 + (quarter << 3), r2);
      store<f32>(to4 + quarter * 12, r3);
    }
  }
  for (let j = from + 4 * quarter; j < to; j++)
    for (let i: usize = 0; i < rows; i++) store<f32>(c + ((i * columns + j) << 2), dot(kind, a + ((i * depth) << 2), b + j * bColumn, depth));
}
