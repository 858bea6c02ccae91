import { addressOf, operandAt, wordAt } from "./program/operand";

// scatterAdd: for every row of the source (its last axes, merged), read the row's index and add the row to that row of the output; or, where
// each number has an index of its own, number by number. Operands: the source, the indices, and the output without its scattered axis.

/** Rows [from, to) of the source, in order. Returns 0, or 1 + the position of the first index that is outside the output's axis of `size`. */
export function scatterAdd(isInteger: bool, space: usize, operands: usize, size: u32, axisStride: usize, from: usize, to: usize): usize {
  const rank = wordAt(space, 0);
  const count = wordAt(space, rank);
  const sources = operandAt(operands, rank, 0);
  const indices = operandAt(operands, rank, 1);
  const outputs = operandAt(operands, rank, 2);
  const step = wordAt(sources, rank + 1);
  const indexStep = wordAt(indices, rank + 1);
  const outputStep = wordAt(outputs, rank + 1);
  for (let row = from; row < to; row++) {
    const position = row * count;
    let source = addressOf(sources, space, position);
    let index = addressOf(indices, space, position);
    let output = addressOf(outputs, space, position);
    let i: usize = 0;
    if (indexStep == 0 && step == 4 && outputStep == 4 && !isInteger) {
      if (load<u32>(index) >= size) return 1 + position;
      const target = output + load<u32>(index) * axisStride;
      for (; i + 4 <= count; i += 4) {
        const at = target + (i << 2);
        v128.store(at, f32x4.add(v128.load(at), v128.load(source + (i << 2))));
      }
      source += i << 2;
      output += i << 2;
    }
    for (; i < count; i++) {
      if (load<u32>(index) >= size) return 1 + position + i;
      const target = output + load<u32>(index) * axisStride;
      if (isInteger) store<i32>(target, load<i32>(target) + load<i32>(source));
      else store<f32>(target, load<f32>(target) + load<f32>(source));
      source += step;
      index += indexStep;
      output += outputStep;
    }
  }
  return 0;
}
