import { madd } from "../simd/madd";

/** Rows of a register tile: 6 × 8 numbers are twelve vectors, which with two of B and one of A fill the sixteen registers of x86. */
export const ROWS: usize = 6;
/** Columns of a register tile. */
export const COLUMNS: usize = 8;

// @ts-ignore: decorator
@inline
function put(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) {
    v128.store(c, f32x4.add(v128.load(c), left));
    v128.store(c, f32x4.add(v128.load(c, 16), right), 16);
  } else {
    v128.store(c, left);
    v128.store(c, right, 16);
  }
}

/**
 * One register tile: for every k, six numbers of A's panel times eight of B's panel, summed in registers; then the first `rows` rows are
 * stored at `c` (row stride `stride` bytes), or added to what is there.
 */
export function tile(a: usize, b: usize, c: usize, stride: usize, depth: usize, rows: usize, accumulate: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (rows <= 4) fourTile(a, b, c, stride, depth, rows, accumulate);
    else wholeTile(a, b, c, stride, depth, rows, accumulate);
  } else {
    // a product and a sum apart need one register more than there are: two halves of three rows
    halfTile(a, b, c, stride, depth, rows, accumulate);
    if (rows > 3) halfTile(a + 12, b, c + 3 * stride, stride, depth, rows - 3, accumulate);
  }
}

// At most four rows, as the last panel may have: two thirds of a whole tile's work.
function fourTile(a: usize, b: usize, c: usize, stride: usize, depth: usize, rows: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  const end = b + (depth << 5);
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    a += 24;
    b += 32;
  }
  put(c, c00, c01, accumulate);
  if (rows == 1) return;
  put(c + stride, c10, c11, accumulate);
  if (rows == 2) return;
  c += stride << 1;
  put(c, c20, c21, accumulate);
  if (rows == 3) return;
  put(c + stride, c30, c31, accumulate);
}

// @ts-ignore: decorator
@inline
function wholeTile(a: usize, b: usize, c: usize, stride: usize, depth: usize, rows: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0), c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  const end = b + (depth << 5);
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30); c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40); c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50); c51 = madd(x, b1, c51);
    a += 24;
    b += 32;
  }
  put(c, c00, c01, accumulate);
  if (rows == 1) return;
  put(c + stride, c10, c11, accumulate);
  if (rows == 2) return;
  c += stride << 1;
  put(c, c20, c21, accumulate);
  if (rows == 3) return;
  put(c + stride, c30, c31, accumulate);
  if (rows == 4) return;
  c += stride << 1;
  put(c, c40, c41, accumulate);
  if (rows == 5) return;
  put(c + stride, c50, c51, accumulate);
}

function halfTile(a: usize, b: usize, c: usize, stride: usize, depth: usize, rows: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0), c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  const end = b + (depth << 5);
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00); c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10); c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20); c21 = madd(x, b1, c21);
    a += 24;
    b += 32;
  }
  put(c, c00, c01, accumulate);
  if (rows == 1) return;
  put(c + stride, c10, c11, accumulate);
  if (rows == 2) return;
  put(c + 2 * stride, c20, c21, accumulate);
}

/** A tile at the right edge, `columns` < 8 wide: into `scratch` (192 bytes), then what belongs to C. */
export function edgeTile(
  a: usize, b: usize, c: usize, stride: usize, depth: usize, rows: usize, columns: usize, accumulate: bool, scratch: usize,
): void {
  tile(a, b, scratch, 32, depth, ROWS, false);
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      const to = c + i * stride + (j << 2);
      const x = load<f32>(scratch + (i << 5) + (j << 2));
      store<f32>(to, accumulate ? load<f32>(to) + x : x);
    }
  }
}

/**
 * The product of packed blocks: A's panels (`rows` × `depth`) by B's panels (`depth` × `columns`) into C. B's panel stays in the first cache
 * while A's panels pass by.
 */
export function multiplyPacked(
  a: usize, b: usize, c: usize, stride: usize, rows: usize, columns: usize, depth: usize, accumulate: bool, scratch: usize,
): void {
  for (let j: usize = 0; j < columns; j += COLUMNS) {
    const panel = b + ((j * depth) << 2);
    const width = min(COLUMNS, columns - j);
    for (let i: usize = 0; i < rows; i += ROWS) {
      const to = c + i * stride + (j << 2);
      const height = min(ROWS, rows - i);
      if (width == COLUMNS) tile(a + ((i * depth) << 2), panel, to, stride, depth, height, accumulate);
      else edgeTile(a + ((i * depth) << 2), panel, to, stride, depth, height, width, accumulate, scratch);
    }
  }
}
