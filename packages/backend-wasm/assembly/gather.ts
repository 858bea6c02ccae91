import { copyRow, FROM_BFLOAT16, FROM_FLOAT16, WORDS } from "./copy";
import { addressOf, operandAt, wordAt } from "./program/operand";
import { BFLOAT16, FLOAT16, loadOneAs } from "./simd/halves";

// gather: for every row of the output (its last axes, merged), read the row's index and copy that row of x; or, where each number has an
// index of its own, number by number. Numbers of 16 bits become the float32 that they stand for on the way. Operand 0 is x without its gathered axis (stride 0 there), operand 1 the indices.

/**
 * Rows [from, to) of the output. `kind` says how x is stored. Returns 0, or 1 + the position of the first index that is outside x's axis of
 * `size`.
 */
export function gather(kind: i32, space: usize, operands: usize, out: usize, size: u32, axisStride: usize, from: usize, to: usize): usize {
  const rank = wordAt(space, 0);
  const count = wordAt(space, rank);
  const x = operandAt(operands, rank, 0);
  const indices = operandAt(operands, rank, 1);
  const step = wordAt(x, rank + 1);
  const indexStep = wordAt(indices, rank + 1);
  const copied = kind == FLOAT16 ? FROM_FLOAT16 : kind == BFLOAT16 ? FROM_BFLOAT16 : WORDS;
  for (let row = from; row < to; row++) {
    const position = row * count;
    let source = addressOf(x, space, position);
    let index = addressOf(indices, space, position);
    let target = out + (position << 2);
    if (indexStep == 0) {
      if (load<u32>(index) >= size) return 1 + position;
      copyRow(copied, source + load<u32>(index) * axisStride, step, target, 4, count);
      continue;
    }
    for (let i: usize = 0; i < count; i++) {
      if (load<u32>(index) >= size) return 1 + position + i;
      const at = source + load<u32>(index) * axisStride;
      if (kind == FLOAT16) store<f32>(target, loadOneAs(FLOAT16, at));
      else if (kind == BFLOAT16) store<f32>(target, loadOneAs(BFLOAT16, at));
      else store<u32>(target, load<u32>(at));
      source += step;
      index += indexStep;
      target += 4;
    }
  }
  return 0;
}
