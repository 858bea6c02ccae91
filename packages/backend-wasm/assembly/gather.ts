import { addressOf, operandAt, wordAt } from "./program/operand";

// gather: for every row of the output (its last axes, merged), read the row's index and copy that row of x; or, where each number has an
// index of its own, number by number. Operand 0 is x without its gathered axis (stride 0 there), operand 1 the indices.

/** Rows [from, to) of the output. Returns 0, or 1 + the position of the first index that is outside x's axis of `size`. */
export function gather(space: usize, operands: usize, out: usize, size: u32, axisStride: usize, from: usize, to: usize): usize {
  const rank = wordAt(space, 0);
  const count = wordAt(space, rank);
  const x = operandAt(operands, rank, 0);
  const indices = operandAt(operands, rank, 1);
  const step = wordAt(x, rank + 1);
  const indexStep = wordAt(indices, rank + 1);
  for (let row = from; row < to; row++) {
    const position = row * count;
    let source = addressOf(x, space, position);
    let index = addressOf(indices, space, position);
    let target = out + (position << 2);
    if (indexStep == 0 && step == 4) {
      if (load<u32>(index) >= size) return 1 + position;
      memory.copy(target, source + load<u32>(index) * axisStride, count << 2);
      continue;
    }
    for (let i: usize = 0; i < count; i++) {
      if (load<u32>(index) >= size) return 1 + position + i;
      store<u32>(target, load<u32>(source + load<u32>(index) * axisStride));
      source += step;
      index += indexStep;
      target += 4;
    }
  }
  return 0;
}
