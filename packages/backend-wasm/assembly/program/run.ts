import { BLOCK_BYTES, COUNTER_BYTES, TABLE_BYTES } from "./sizes";
import { execute } from "./execute";
import { CONTIGUOUS, gatherBlock, inPlace, operandAt, SINGLE, wordAt } from "./operand";

// A program in memory (its image), words of 4 bytes:
//   0 instructions   1 registers   2 result register   3 temporaries   4 operands   5 byte offset of the code
//   6 the place in the table of functions of the module emitted for it, or 0   7 unused
//   8 … registers: kind, value              kind 0: operand number, 1: byte offset in the image of a constant's vector, 2: temporary number
//   code: instruction, to, a, b, c          register numbers
// An image is only read, so that several threads may run it; each has a workspace:
//   a table of registers (pointer, step) · counters · a block a temporary · a block an operand · a block for a result's last piece

/** The place in the table of functions of the module emitted for a program, or 0. */
// @ts-ignore: decorator
@inline
export function emittedFor(image: usize): u32 {
  return load<u32>(image, 24);
}

// @ts-ignore: decorator
@inline
export function runEmitted(place: u32, image: usize, space: usize, operands: usize, out: usize, workspace: usize, from: usize, to: usize): void {
  call_indirect<void>(place, image, space, operands, out, workspace, from, to);
}

const OPERAND: usize = 0;
const CONSTANT: usize = 1;

// @ts-ignore: decorator
@inline
function temporaryBlock(workspace: usize, index: usize): usize {
  return workspace + TABLE_BYTES + COUNTER_BYTES + index * BLOCK_BYTES;
}

// @ts-ignore: decorator
@inline
function setRegister(workspace: usize, register: usize, pointer: usize, step: usize): void {
  store<u32>(workspace + (register << 3), <u32>pointer);
  store<u32>(workspace + (register << 3), <u32>step, 4);
}

/** Fills the workspace's table with all that doesn't change from block to block; an emitted module needs none of it. */
export function prepare(image: usize, space: usize, operands: usize, workspace: usize): void {
  if (!emittedFor(image)) fillTable(image, space, operands, workspace);
}

/** What `prepare` does for the interpreter. */
export function fillTable(image: usize, space: usize, operands: usize, workspace: usize): void {
  const count = wordAt(image, 1);
  const temporaries = wordAt(image, 3);
  const rank = wordAt(space, 0);
  for (let register: usize = 0; register < count; register++) {
    const kind = wordAt(image, 8 + register * 2);
    const value = wordAt(image, 9 + register * 2);
    if (kind == CONSTANT) setRegister(workspace, register, image + value, 0);
    else if (kind != OPERAND) setRegister(workspace, register, temporaryBlock(workspace, value), 16);
    else {
      const operand = operandAt(operands, rank, value);
      if (wordAt(operand, 1) == SINGLE) {
        const block = temporaryBlock(workspace, temporaries + value);
        v128.store(block, v128.load32_splat(wordAt(operand, 0)));
        setRegister(workspace, register, block, 0);
      }
    }
  }
}

// Points the registers of operands that change from block to block at positions [position, position + length).
function fetch(image: usize, space: usize, operands: usize, position: usize, length: usize, workspace: usize, allowSingle: bool): void {
  const count = wordAt(image, 4);
  const temporaries = wordAt(image, 3);
  const rank = wordAt(space, 0);
  for (let register: usize = 0; register < count; register++) {
    const operand = operandAt(operands, rank, register);
    const mode = wordAt(operand, 1);
    if (mode == CONTIGUOUS) setRegister(workspace, register, wordAt(operand, 0) + (position << 2), 16);
    else if (mode != SINGLE) {
      const direct = inPlace(operand, space, position, length, allowSingle);
      const block = temporaryBlock(workspace, temporaries + register);
      if (direct && wordAt(operand, rank + 1) == 0) {
        v128.store(block, v128.load32_splat(direct));
        setRegister(workspace, register, block, 0);
      } else if (direct) setRegister(workspace, register, direct, 16);
      else {
        gatherBlock(operand, space, position, length, block, workspace + TABLE_BYTES);
        setRegister(workspace, register, block, 16);
      }
    }
  }
}

/**
 * Runs a prepared program on positions [position, position + length) and returns where the results are: at `out`, or, without one
 * (`out` 0), in a block of the workspace or in the operand itself.
 */
export function runBlock(image: usize, space: usize, operands: usize, position: usize, length: usize, out: usize, workspace: usize): usize {
  const place = emittedFor(image);
  if (place) {
    const to = out != 0 ? out : temporaryBlock(workspace, wordAt(image, 3) + wordAt(image, 4));
    runEmitted(place, image, space, operands, to - (position << 2), workspace, position, position + length);
    return to;
  }
  return interpretBlock(image, space, operands, position, length, out, workspace);
}

/** `runBlock`, instruction by instruction. */
export function interpretBlock(image: usize, space: usize, operands: usize, position: usize, length: usize, out: usize, workspace: usize): usize {
  const instructions = wordAt(image, 0);
  fetch(image, space, operands, position, length, workspace, instructions > 0);
  const bytes = length << 2;
  // loops run over pairs of vectors: where that would write beyond the piece, its last instruction writes into a block instead
  const last = temporaryBlock(workspace, wordAt(image, 3) + wordAt(image, 4));
  const ends = out != 0 && (bytes & 31) == 0 ? out : last;
  let code = image + wordAt(image, 5);
  for (let i: usize = 0; i < instructions; i++) {
    const a = workspace + (wordAt(code, 2) << 3);
    const b = workspace + (wordAt(code, 3) << 3);
    const c = workspace + (wordAt(code, 4) << 3);
    const to = i + 1 == instructions ? ends : wordAt(workspace + (wordAt(code, 1) << 3), 0);
    execute(
      load<i32>(code), to, wordAt(a, 0), wordAt(a, 1), wordAt(b, 0), wordAt(b, 1), wordAt(c, 0), wordAt(c, 1), bytes,
    );
    code += 20;
  }
  if (instructions == 0) return wordAt(workspace + (wordAt(image, 2) << 3), 0);
  if (out != 0 && ends != out) memory.copy(out, ends, bytes);
  return out != 0 ? out : ends;
}
