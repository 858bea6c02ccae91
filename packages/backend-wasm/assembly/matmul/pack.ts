import { BFLOAT16, constantFor, FLOAT16, FLOAT32, loadAs, loadOneAs } from "../simd/halves";
import { COLUMNS, ROWS } from "./tile";

// Packing: a block of a matrix copied in the order in which `tile` reads it, from any strides (in bytes). So a transposed operand costs no more.

/** Four vectors, one row each, become four columns, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transposeTo(to: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const a = i8x16.shuffle(r0, r1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23); // r0[0] r1[0] r0[1] r1[1]
  const b = i8x16.shuffle(r2, r3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const c = i8x16.shuffle(r0, r1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  const d = i8x16.shuffle(r2, r3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  v128.store(to, i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  v128.store(to + step, i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
  v128.store(to + 2 * step, i8x16.shuffle(c, d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  v128.store(to + 3 * step, i8x16.shuffle(c, d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
}

/** Packs `rows` × `depth` numbers of A into panels of 6 rows, k by k; missing rows of the last panel repeat the last row. */
export function packLeft(a: usize, rowStride: usize, depthStride: usize, rows: usize, depth: usize, to: usize): void {
  for (let i: usize = 0; i < rows; i += ROWS) {
    const last = rows - i - 1;
    const a0 = a + i * rowStride;
    const a1 = a0 + min<usize>(1, last) * rowStride;
    const a2 = a0 + min<usize>(2, last) * rowStride;
    const a3 = a0 + min<usize>(3, last) * rowStride;
    const a4 = a0 + min<usize>(4, last) * rowStride;
    const a5 = a0 + min<usize>(5, last) * rowStride;
    let k: usize = 0;
    if (depthStride == 4) {
      for (; k + 4 <= depth; k += 4) {
        const o = k << 2;
        transposeTo(to, 24, v128.load(a0 + o), v128.load(a1 + o), v128.load(a2 + o), v128.load(a3 + o));
        const x = v128.load(a4 + o);
        const y = v128.load(a5 + o);
        const low = i8x16.shuffle(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const high = i8x16.shuffle(x, y, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        v128.store_lane<u64>(to, low, 0, 16);
        v128.store_lane<u64>(to, low, 1, 40);
        v128.store_lane<u64>(to, high, 0, 64);
        v128.store_lane<u64>(to, high, 1, 88);
        to += 96;
      }
    } else if (rowStride == 4 && last >= 5) {
      for (; k < depth; k++) {
        const from = a0 + k * depthStride;
        v128.store(to, v128.load(from));
        store<u64>(to, load<u64>(from, 16), 16);
        to += 24;
      }
    }
    for (; k < depth; k++) {
      const o = k * depthStride;
      store<u32>(to, load<u32>(a0 + o));
      store<u32>(to, load<u32>(a1 + o), 4);
      store<u32>(to, load<u32>(a2 + o), 8);
      store<u32>(to, load<u32>(a3 + o), 12);
      store<u32>(to, load<u32>(a4 + o), 16);
      store<u32>(to, load<u32>(a5 + o), 20);
      to += 24;
    }
  }
}

/**
 * Packs `depth` × `columns` numbers of B into panels of 8 columns, k by k, as float32 whatever kind they are; missing columns of the last panel
 * are 0.
 */
export function packRight(kind: i32, b: usize, depthStride: usize, columnStride: usize, depth: usize, columns: usize, to: usize): void {
  if (kind == FLOAT32) packRightOf(FLOAT32, 4, b, depthStride, columnStride, depth, columns, to);
  else if (kind == FLOAT16) packRightOf(FLOAT16, 2, b, depthStride, columnStride, depth, columns, to);
  else packRightOf(BFLOAT16, 2, b, depthStride, columnStride, depth, columns, to);
}

/** Rows of B that are packed together where columns are neighbours. */
const TOGETHER: usize = 8;

// @ts-ignore: decorator
@inline
function packRightOf(
  kind: i32, width: usize, b: usize, depthStride: usize, columnStride: usize, depth: usize, columns: usize, to: usize,
): void {
  const h0 = constantFor(kind, 0), h1 = constantFor(kind, 1), h2 = constantFor(kind, 2), h3 = constantFor(kind, 3);
  let j: usize = 0;
  if (columnStride == width) {
    // read along B's rows, some at a time: down the columns every line would come from memory, or another cache, once for each of its panels
    const panel = depth << 5;
    for (let k: usize = 0; k < depth; k += TOGETHER) {
      const rows = min(TOGETHER, depth - k);
      let p = to + (k << 5);
      for (j = 0; j + COLUMNS <= columns; j += COLUMNS, p += panel) {
        let at = b + k * depthStride + j * width;
        for (let q = p; q < p + (rows << 5); q += 32, at += depthStride) {
          v128.store(q, loadAs(kind, at, h0, h1, h2, h3));
          v128.store(q, loadAs(kind, at + 4 * width, h0, h1, h2, h3), 16);
        }
      }
    }
    to += (j * depth) << 2;
  }
  for (; j < columns; j += COLUMNS) {
    const wide = min(COLUMNS, columns - j);
    const from = b + j * columnStride;
    let k: usize = 0;
    if (wide == COLUMNS && depthStride == width) {
      for (; k + 4 <= depth; k += 4) {
        let at = from + k * width;
        const c0 = loadAs(kind, at, h0, h1, h2, h3), c1 = loadAs(kind, at + columnStride, h0, h1, h2, h3);
        at += columnStride << 1;
        const c2 = loadAs(kind, at, h0, h1, h2, h3), c3 = loadAs(kind, at + columnStride, h0, h1, h2, h3);
        at += columnStride << 1;
        transposeTo(to, 32, c0, c1, c2, c3);
        const c4 = loadAs(kind, at, h0, h1, h2, h3), c5 = loadAs(kind, at + columnStride, h0, h1, h2, h3);
        at += columnStride << 1;
        transposeTo(to + 16, 32, c4, c5, loadAs(kind, at, h0, h1, h2, h3), loadAs(kind, at + columnStride, h0, h1, h2, h3));
        to += 128;
      }
    }
    for (; k < depth; k++) {
      const at = from + k * depthStride;
      for (let c: usize = 0; c < COLUMNS; c++) {
        store<f32>(to, c < wide ? loadOneAs(kind, at + c * columnStride) : 0);
        to += 4;
      }
    }
  }
}
