import { madd } from "../simd/madd";
import { sumAcross } from "../simd/horizontal";

// A few rows times a matrix, which is read once, in the order in which it lies, at the speed of memory: nothing is packed.

/**
 * Rows times a matrix whose columns are neighbours (row-major): for every eight rows of B, for every row of A, C's row gains their eight
 * multiples. A's row i is at `a + i·depth`, contiguous; columns [from, to). With `accumulate` what is in C stays and gains.
 */
export function rowsTimesMatrix(
  a: usize, b: usize, bDepth: usize, c: usize, rows: usize, columns: usize, depth: usize, accumulate: bool, from: usize, to: usize,
): void {
  if (!accumulate) for (let i: usize = 0; i < rows; i++) memory.fill(c + ((i * columns + from) << 2), 0, (to - from) << 2);
  let k: usize = 0;
  for (; k + 8 <= depth; k += 8) {
    const b0 = b + k * bDepth, b1 = b0 + bDepth, b2 = b1 + bDepth, b3 = b2 + bDepth;
    const b4 = b3 + bDepth, b5 = b4 + bDepth, b6 = b5 + bDepth, b7 = b6 + bDepth;
    for (let i: usize = 0; i < rows; i++) {
      const x = a + ((i * depth + k) << 2);
      const row = c + ((i * columns) << 2);
      const x0 = v128.load32_splat(x), x1 = v128.load32_splat(x, 4), x2 = v128.load32_splat(x, 8), x3 = v128.load32_splat(x, 12);
      const x4 = v128.load32_splat(x, 16), x5 = v128.load32_splat(x, 20), x6 = v128.load32_splat(x, 24), x7 = v128.load32_splat(x, 28);
      let j = from << 2;
      for (const end = (to << 2) - 12; j < end && to >= 4; j += 16) {
        let y = madd(x0, v128.load(b0 + j), v128.load(row + j));
        let z = f32x4.mul(x1, v128.load(b1 + j));
        y = madd(x2, v128.load(b2 + j), y);
        z = madd(x3, v128.load(b3 + j), z);
        y = madd(x4, v128.load(b4 + j), y);
        z = madd(x5, v128.load(b5 + j), z);
        y = madd(x6, v128.load(b6 + j), y);
        z = madd(x7, v128.load(b7 + j), z);
        v128.store(row + j, f32x4.add(y, z));
      }
      for (; j < to << 2; j += 4) {
        let y = load<f32>(row + j);
        for (let r: usize = 0; r < 8; r++) y += load<f32>(x + (r << 2)) * load<f32>(b0 + r * bDepth + j);
        store<f32>(row + j, y);
      }
    }
  }
  for (; k < depth; k++) {
    for (let i: usize = 0; i < rows; i++) {
      const x = load<f32>(a + ((i * depth + k) << 2));
      const row = c + ((i * columns) << 2);
      for (let j = from << 2; j < to << 2; j += 4) store<f32>(row + j, load<f32>(row + j) + x * load<f32>(b + k * bDepth + j));
    }
  }
}

/** The dot product of `count` neighbours. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, count: usize): f32 {
  let s = f32x4.splat(0), t = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 8 <= count; k += 8) {
    s = madd(v128.load(a), v128.load(b), s);
    t = madd(v128.load(a, 16), v128.load(b, 16), t);
    a += 32;
    b += 32;
  }
  let sum = sumAcross(f32x4.add(s, t));
  for (; k < count; k++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/**
 * Rows times a matrix whose rows are neighbours (a transposed one, as weights are): every number is a dot product; four columns of B at a
 * time share the loads of A.
 */
export function rowsTimesTransposed(
  a: usize, b: usize, bColumn: usize, c: usize, rows: usize, columns: usize, depth: usize, from: usize, to: usize,
): void {
  let j = from;
  const even = depth & ~3;
  for (; j + 4 <= to; j += 4) {
    for (let i: usize = 0; i < rows; i++) {
      const x = a + ((i * depth) << 2);
      let b0 = b + j * bColumn, b1 = b0 + bColumn, b2 = b1 + bColumn, b3 = b2 + bColumn;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
      let k: usize = 0;
      for (; k + 8 <= depth; k += 8) {
        const p = k << 2;
        const u = v128.load(x + p), v = v128.load(x + p, 16);
        s0 = madd(u, v128.load(b0 + p), s0); t0 = madd(v, v128.load(b0 + p, 16), t0);
        s1 = madd(u, v128.load(b1 + p), s1); t1 = madd(v, v128.load(b1 + p, 16), t1);
        s2 = madd(u, v128.load(b2 + p), s2); t2 = madd(v, v128.load(b2 + p, 16), t2);
        s3 = madd(u, v128.load(b3 + p), s3); t3 = madd(v, v128.load(b3 + p, 16), t3);
      }
      for (; k < even; k += 4) {
        const p = k << 2;
        const u = v128.load(x + p);
        s0 = madd(u, v128.load(b0 + p), s0);
        s1 = madd(u, v128.load(b1 + p), s1);
        s2 = madd(u, v128.load(b2 + p), s2);
        s3 = madd(u, v128.load(b3 + p), s3);
      }
      let r0 = sumAcross(f32x4.add(s0, t0)), r1 = sumAcross(f32x4.add(s1, t1));
      let r2 = sumAcross(f32x4.add(s2, t2)), r3 = sumAcross(f32x4.add(s3, t3));
      for (; k < depth; k++) {
        const p = k << 2;
        const u = load<f32>(x + p);
        r0 += u * load<f32>(b0 + p);
        r1 += u * load<f32>(b1 + p);
        r2 += u * load<f32>(b2 + p);
        r3 += u * load<f32>(b3 + p);
      }
      const to4 = c + ((i * columns + j) << 2);
      store<f32>(to4, r0);
      store<f32>(to4, r1, 4);
      store<f32>(to4, r2, 8);
      store<f32>(to4, r3, 12);
    }
  }
  for (; j < to; j++)
    for (let i: usize = 0; i < rows; i++) store<f32>(c + ((i * columns + j) << 2), dot(a + ((i * depth) << 2), b + j * bColumn, depth));
}
