import { mapPrepared } from "../map";
import { prepare } from "../program/run";
import { packLeft, packRight } from "./pack";
import { multiplyPacked } from "./tile";

// matmul (after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008):
//   for every WIDTH columns of B, for every DEPTH of k: pack that block of B;
//     for every HEIGHT rows of A: pack that block (it stays in the second cache) and multiply the two, tile by tile;
//     after the last k, the epilogue's program runs over those rows of C, which are still in cache.

const DEPTH: usize = 384;
const HEIGHT: usize = 96;
const WIDTH: usize = 3072;

/** The bytes that `matmul` needs beside the workspace of programs. */
export function matmulWorkspace(rows: usize, columns: usize, depth: usize): usize {
  const k = min(depth, DEPTH);
  return 256 + (((min(rows, HEIGHT) + 6) * k + (min(columns, WIDTH) + 8) * k) << 2) + 64;
}

/**
 * Rows [from, to) of A · B into C. Strides in bytes; C's columns are contiguous. With `image`, the epilogue's program runs on the rows: the
 * position of C's row 0 in its space is `position`.
 */
export function matmul(
  a: usize, aRow: usize, aDepth: usize, b: usize, bDepth: usize, bColumn: usize, c: usize, from: usize, to: usize, columns: usize, depth: usize,
  buffer: usize, image: usize, space: usize, operands: usize, position: usize, workspace: usize,
): void {
  const stride = columns << 2;
  const scratch = buffer;
  const packedLeft = buffer + 256;
  const packedRight = (packedLeft + (((min(to - from, HEIGHT) + 6) * min(depth, DEPTH)) << 2) + 63) & ~63;
  if (image) prepare(image, space, operands, workspace);
  if (depth == 0) {
    memory.fill(c + from * stride, 0, (to - from) * stride);
    if (image) mapPrepared(image, space, operands, c - (position << 2), position + from * columns, position + to * columns, workspace);
    return;
  }
  for (let j: usize = 0; j < columns; j += WIDTH) {
    const width = min(WIDTH, columns - j);
    for (let k: usize = 0; k < depth; k += DEPTH) {
      const deep = min(DEPTH, depth - k);
      packRight(b + k * bDepth + j * bColumn, bDepth, bColumn, deep, width, packedRight);
      for (let i = from; i < to; i += HEIGHT) {
        const height = min(HEIGHT, to - i);
        packLeft(a + i * aRow + k * aDepth, aRow, aDepth, height, deep, packedLeft);
        multiplyPacked(packedLeft, packedRight, c + i * stride + (j << 2), stride, height, width, deep, k > 0, scratch);
        if (!image || k + deep < depth) continue;
        // positions count from the start of the whole output, of which C may be one matrix
        const whole = c - (position << 2);
        if (width == columns) mapPrepared(image, space, operands, whole, position + i * columns, position + (i + height) * columns, workspace);
        else {
          for (let row = i; row < i + height; row++) {
            const start = position + row * columns + j;
            mapPrepared(image, space, operands, whole, start, start + width, workspace);
          }
        }
      }
    }
  }
}
