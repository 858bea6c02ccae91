import { blockLength } from "./program/operand";
import { emittedFor, fillTable, interpretBlock, prepare, runEmitted } from "./program/run";

// map: for every block of positions, every instruction of the program over that block; or, for all positions, the module that the host emitted
// for the program, which keeps in registers what lies between.

/** `map` after `prepare`: position p's result goes to `out + 4p`. */
export function mapPrepared(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  const place = emittedFor(image);
  if (place) runEmitted(place, image, space, operands, out, workspace, from, to);
  else interpretPrepared(image, space, operands, out, workspace, from, to);
}

function interpretPrepared(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  const length = blockLength(space);
  for (let position = from; position < to; ) {
    const count = min(length - (position % length), to - position);
    interpretBlock(image, space, operands, position, count, out + (position << 2), workspace);
    position += count;
  }
}

/** Runs a program on positions [from, to) of the space and stores the results at `out`, in row-major order. */
export function map(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  prepare(image, space, operands, workspace);
  mapPrepared(image, space, operands, out, workspace, from, to);
}

/** `map` without an emitted module: what stands in the table of functions where a thread could not make one. */
export function interpret(image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  fillTable(image, space, operands, workspace);
  interpretPrepared(image, space, operands, out, workspace, from, to);
}
