import { BLOCK } from "./program/sizes";
import { prepare, runBlock } from "./program/run";
import { ARGMAX, findFloat, findInteger, foldFloat, foldInteger, identityFloat, identityInteger } from "./reduceFold";

// reduce along the last axis: for every block (several short rows, or a piece of a long one) run the program, then fold each row's numbers.

// Sets row by row `out[row] = fold(block row)`, for rows that lie whole in a block.
function foldRows(kind: i32, isInteger: bool, block: usize, size: usize, rows: usize, out: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const at = block + ((row * size) << 2);
    if (isInteger) {
      const value = foldInteger(kind, identityInteger(kind), at, size);
      store<i32>(out + (row << 2), kind >= ARGMAX ? <i32>findInteger(value, at, size) : value);
    } else {
      const value = foldFloat(kind, identityFloat(kind), at, size);
      if (kind >= ARGMAX) store<i32>(out + (row << 2), <i32>findFloat(value, at, size));
      else store<f32>(out + (row << 2), <f32>value);
    }
  }
}

/** Folds rows [from, to) of `size` positions each into one number a row. */
export function reduceRows(
  kind: i32, isInteger: bool, image: usize, space: usize, operands: usize, out: usize, size: usize, workspace: usize, from: usize, to: usize,
): void {
  prepare(image, space, operands, workspace);
  if (size <= BLOCK) {
    const rows = size == 0 ? to - from : BLOCK / size;
    for (let row = from; row < to; row += rows) {
      const count = min(rows, to - row);
      const block = size == 0 ? 0 : runBlock(image, space, operands, row * size, count * size, 0, workspace);
      foldRows(kind, isInteger, block, size, count, out + (row << 2));
    }
    return;
  }
  for (let row = from; row < to; row++) {
    let value = identityFloat(kind);
    let integer = identityInteger(kind);
    let index: usize = 0;
    for (let column: usize = 0; column < size; column += BLOCK) {
      const count = min(BLOCK, size - column);
      const block = runBlock(image, space, operands, row * size + column, count, 0, workspace);
      if (isInteger) {
        const next = foldInteger(kind, integer, block, count);
        if (kind >= ARGMAX && (next != integer || column == 0)) index = column + findInteger(next, block, count);
        integer = next;
      } else {
        const next = foldFloat(kind, value, block, count);
        // once NaN, always NaN: its first place stays
        if (kind >= ARGMAX && value == value && (next != value || column == 0)) index = column + findFloat(next, block, count);
        value = next;
      }
    }
    if (kind >= ARGMAX) store<i32>(out + (row << 2), <i32>index);
    else if (isInteger) store<i32>(out + (row << 2), integer);
    else store<f32>(out + (row << 2), <f32>value);
  }
}
