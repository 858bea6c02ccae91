import { BLOCK } from "./program/sizes";
import { prepare, runBlock } from "./program/run";
import { identityFloat, identityInteger, MAXIMUM, MINIMUM, PRODUCT, SUM, upperHalf } from "./reduceFold";

// reduce along an axis that isn't the last: for every block of columns, for every row (several rows at a time where they are short), run
// the program and fold the row into the columns' results. Float sums are kept in float64, four rows added to one in float32 before.

// @ts-ignore: decorator
@inline
function addTo(sums: usize, s: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(s)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(upperHalf(s))), 16);
}

// Adds `rows` rows of `width` into float64 sums; runs up to 3 numbers over.
function sumRows(block: usize, width: usize, rows: usize, sums: usize): void {
  const stride = width << 2;
  for (; rows >= 4; rows -= 4, block += stride << 2) {
    for (let c: usize = 0; c < stride; c += 16) {
      const at = block + c;
      const ab = f32x4.add(v128.load(at), v128.load(at + stride));
      const cd = f32x4.add(v128.load(at + 2 * stride), v128.load(at + 3 * stride));
      addTo(sums + (c << 1), f32x4.add(ab, cd));
    }
  }
  for (; rows > 0; rows--, block += stride) for (let c: usize = 0; c < stride; c += 16) addTo(sums + (c << 1), v128.load(block + c));
}

// @ts-ignore: decorator
@inline
function fold(kind: i32, isInteger: bool, a: v128, b: v128): v128 {
  if (isInteger) {
    if (kind == SUM) return i32x4.add(a, b);
    if (kind == PRODUCT) return i32x4.mul(a, b);
    return kind == MAXIMUM ? i32x4.max_s(a, b) : i32x4.min_s(a, b);
  }
  if (kind == PRODUCT) return f32x4.mul(a, b);
  return kind == MAXIMUM ? f32x4.max(a, b) : f32x4.min(a, b);
}

function foldRows(kind: i32, isInteger: bool, block: usize, width: usize, rows: usize, results: usize): void {
  const stride = width << 2;
  for (; rows > 0; rows--, block += stride)
    for (let c: usize = 0; c < stride; c += 16)
      v128.store(results + c, fold(kind, isInteger, v128.load(results + c), v128.load(block + c)));
}

/**
 * Folds a space [outer, size, inner] into [outer, inner], for the pieces [from, to): piece p is columns `(p mod pieces) · BLOCK …` of outer
 * index `p / pieces`, with `pieces` = ⌈inner / BLOCK⌉. `results` has room for BLOCK + 4 float64 numbers. Kinds: the arithmetic ones.
 */
export function reduceColumns(
  kind: i32, isInteger: bool, image: usize, space: usize, operands: usize, out: usize, size: usize, inner: usize,
  workspace: usize, results: usize, from: usize, to: usize,
): void {
  prepare(image, space, operands, workspace);
  const pieces = (inner + BLOCK - 1) / BLOCK;
  const isSum = kind == SUM && !isInteger;
  for (let piece = from; piece < to; piece++) {
    const outer = piece / pieces;
    const column = (piece - outer * pieces) * BLOCK;
    const width = min(BLOCK, inner - column);
    if (isSum) memory.fill(results, 0, (width + 4) << 3);
    else {
      const start = isInteger ? i32x4.splat(identityInteger(kind)) : f32x4.splat(<f32>identityFloat(kind));
      for (let c: usize = 0; c < width; c += 4) v128.store(results + (c << 2), start);
    }
    // rows follow one another only where a piece is the whole width
    const rows = width == inner ? max<usize>(1, BLOCK / inner) : 1;
    for (let row: usize = 0; row < size; row += rows) {
      const count = min(rows, size - row);
      const block = runBlock(image, space, operands, (outer * size + row) * inner + column, count * width, 0, workspace);
      if (isSum) sumRows(block, width, count, results);
      else foldRows(kind, isInteger, block, width, count, results);
    }
    const at = out + ((outer * inner + column) << 2);
    if (isSum) for (let c: usize = 0; c < width; c++) store<f32>(at + (c << 2), <f32>load<f64>(results + (c << 3)));
    else memory.copy(at, results, width << 2);
  }
}
