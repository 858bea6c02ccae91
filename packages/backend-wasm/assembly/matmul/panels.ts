import { mapPrepared } from "../map";
import { prepare } from "../program/run";
import { blockDepth } from "./matmul";
import { packLeft, packRight } from "./pack";
import { COLUMNS, multiplyPacked, ROWS } from "./tile";

// A product of some rows, column by column of panels: A is packed once and whole, and each part of B is packed where it is multiplied, so that it
// never leaves the second cache. (Many rows use a packed block so often that it is packed once for all threads: matmul.ts.) The blocks of depth, and
// so the order of every sum, are the same.

/** Panels of B that are packed at a time. */
const PANELS: usize = 8;
/** The bytes of a register tile at an edge. */
const EDGE: usize = 256;

// A's rows, whole panels of them.
// @ts-ignore: decorator
@inline
function whole(rows: usize): usize {
  return ((rows + ROWS - 1) / ROWS) * ROWS;
}

/** The bytes of A packed whole. */
export function leftBytes(rows: usize, depth: usize): usize {
  return ((whole(rows) * depth) << 2) + 64;
}

/** The bytes that a thread needs beside the workspace of programs. */
export function panelsBytes(depth: usize): usize {
  return EDGE + ((PANELS * COLUMNS * min(depth, blockDepth())) << 2) + 64;
}

/** Packs panels [from, to) of six rows of A, block after block of its depth. Strides in bytes. */
export function packRows(a: usize, aRow: usize, aDepth: usize, rows: usize, depth: usize, packed: usize, from: usize, to: usize): void {
  const first = from * ROWS;
  const count = min(rows, to * ROWS) - first;
  for (let k: usize = 0; k < depth; k += blockDepth()) {
    const deep = min(blockDepth(), depth - k);
    packLeft(a + first * aRow + k * aDepth, aRow, aDepth, count, deep, packed + ((whole(rows) * k + first * deep) << 2));
  }
}

/**
 * Columns of panels [from, to) of the product of packed A and B, whose numbers are of a `kind`, with the epilogue's program `image`, if there is
 * one: the position of C's first number is `position`.
 */
export function multiplyPanels(
  kind: i32, packedLeft: usize, b: usize, bDepth: usize, bColumn: usize, c: usize, rows: usize, columns: usize, depth: usize, image: usize, space: usize,
  operands: usize, position: usize, buffer: usize, workspace: usize, from: usize, to: usize,
): void {
  const panels = buffer + EDGE;
  const stride = columns << 2;
  const first = from * COLUMNS;
  const last = min(columns, to * COLUMNS);
  for (let j = first; j < last; j += PANELS * COLUMNS) {
    const width = min(PANELS * COLUMNS, last - j);
    for (let k: usize = 0; k < depth; k += blockDepth()) {
      const deep = min(blockDepth(), depth - k);
      packRight(kind, b + k * bDepth + j * bColumn, bDepth, bColumn, deep, width, panels);
      multiplyPacked(packedLeft + ((whole(rows) * k) << 2), panels, c + (j << 2), stride, rows, width, deep, k > 0, buffer);
    }
  }
  if (!image) return;
  prepare(image, space, operands, workspace);
  const origin = c - (position << 2);
  if (last - first == columns) mapPrepared(image, space, operands, origin, workspace, position, position + rows * columns);
  else for (let row: usize = 0; row < rows; row++) {
    const start = position + row * columns;
    mapPrepared(image, space, operands, origin, workspace, start + first, start + last);
  }
}
