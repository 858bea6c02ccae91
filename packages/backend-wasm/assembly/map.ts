import { blockLength } from "./program/operand";
import { prepare, runBlock } from "./program/run";

// map: for every block of positions, every instruction of the program over that block.

/** `map` after `prepare`: position p's result goes to `out + 4p`. */
export function mapPrepared(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  const length = blockLength(space);
  for (let position = from; position < to; ) {
    const count = min(length - (position % length), to - position);
    runBlock(image, space, operands, position, count, out + (position << 2), workspace);
    position += count;
  }
}

/** Runs a program on positions [from, to) of the space and stores the results at `out`, in row-major order. */
export function map(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  prepare(image, space, operands, workspace);
  mapPrepared(image, space, operands, out, workspace, from, to);
}
