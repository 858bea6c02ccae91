import { mapPrepared } from "../map";
import { addressOfItem } from "./batch";
import { prepare } from "../program/run";
import { packLeft, packRight } from "./pack";
import { COLUMNS, multiplyPacked } from "./tile";

// matmul (after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008):
//   for every WIDTH columns of B, for every DEPTH of k: pack that block of B (packPanels, by panels);
//     for every HEIGHT rows of A: pack that block (it stays in the second cache) and multiply the two, tile by tile (multiplyRows, by rows);
//     after the last k, the epilogue's program runs over those rows of C, which are still in cache.
// The host walks over the blocks of a large product, so that threads share each step; many small products are shared out whole (matmulItems).
// Either way the blocks, and so the order of every sum, depend on the shapes only.

const DEPTH: usize = 384;
const HEIGHT: usize = 96;
const WIDTH: usize = 3072;

/** How deep a block of B is at most. */
export function blockDepth(): usize {
  return DEPTH;
}

/** How wide a block of B is at most. */
export function blockWidth(): usize {
  return WIDTH;
}

/** The bytes of a packed block of B. */
export function rightBytes(columns: usize, depth: usize): usize {
  return (((min(columns, WIDTH) + COLUMNS) * min(depth, DEPTH)) << 2) + 64;
}

/** The bytes that `multiplyRows` needs beside the workspace of programs. */
export function rowsBytes(rows: usize, depth: usize): usize {
  return (256 + (((min(rows, HEIGHT) + 6) * min(depth, DEPTH)) << 2) + 127) & ~63;
}

/** Packs panels [from, to) of eight columns of B's block at `b`, whose numbers are of a `kind`: `depth` × `columns`, to their places in the packed block. */
export function packPanels(kind: i32, b: usize, bDepth: usize, bColumn: usize, depth: usize, columns: usize, packed: usize, from: usize, to: usize): void {
  const first = from * COLUMNS;
  packRight(kind, b + first * bColumn, bDepth, bColumn, depth, min(columns, to * COLUMNS) - first, packed + ((first * depth) << 2));
}

/**
 * Rows [from, to) of A, `depth` deep, times a packed block of B, `width` wide, stored at `c` or added to what is there. Strides in bytes; C's
 * columns are contiguous. With `image`, the epilogue's program then runs on those numbers: the position of C's first one is `position`.
 */
export function multiplyRows(
  a: usize, aRow: usize, aDepth: usize, packed: usize, c: usize, stride: usize, width: usize, depth: usize, accumulate: bool, image: usize,
  space: usize, operands: usize, position: usize, buffer: usize, workspace: usize, from: usize, to: usize,
): void {
  const scratch = buffer;
  const packedLeft = buffer + 256;
  const columns = stride >> 2;
  if (image) prepare(image, space, operands, workspace);
  for (let i = from; i < to; i += HEIGHT) {
    const height = min(HEIGHT, to - i);
    if (depth) {
      packLeft(a + i * aRow, aRow, aDepth, height, depth, packedLeft);
      multiplyPacked(packedLeft, packed, c + i * stride, stride, height, width, depth, accumulate, scratch);
    } else for (let row = i; row < i + height; row++) memory.fill(c + row * stride, 0, width << 2);
    if (!image) continue;
    // positions count from the start of the whole output, of which C may be a part
    const whole = c - (position << 2);
    if (width == columns) mapPrepared(image, space, operands, whole, workspace, position + i * columns, position + (i + height) * columns);
    else {
      for (let row = i; row < i + height; row++) {
        const start = position + row * columns;
        mapPrepared(image, space, operands, whole, workspace, start, start + width);
      }
    }
  }
}

/** Whole products [from, to) of a batch, one after the other. `batch` describes where each item's operands lie: see `addressOfItem`. */
export function matmulItems(
  kind: i32, a: usize, aRow: usize, aDepth: usize, b: usize, bDepth: usize, bColumn: usize, c: usize, rows: usize, columns: usize, depth: usize, batch: usize,
  image: usize, space: usize, operands: usize, buffer: usize, workspace: usize, from: usize, to: usize,
): void {
  const packed = buffer + rowsBytes(rows, depth);
  const stride = columns << 2;
  for (let item = from; item < to; item++) {
    const left = addressOfItem(a, batch, item, 0);
    const right = addressOfItem(b, batch, item, 1);
    const position = item * rows * columns;
    const out = c + (position << 2);
    for (let j: usize = 0; j < columns; j += WIDTH) {
      const width = min(WIDTH, columns - j);
      let k: usize = 0;
      do {
        const deep = min(DEPTH, depth - k);
        packRight(kind, right + k * bDepth + j * bColumn, bDepth, bColumn, deep, width, packed);
        multiplyRows(
          left + k * aDepth, aRow, aDepth, packed, out + (j << 2), stride, width, deep, k > 0, k + deep < depth ? 0 : image, space, operands,
          position + j, buffer, workspace, 0, rows,
        );
        k += DEPTH;
      } while (k < depth);
    }
  }
}
