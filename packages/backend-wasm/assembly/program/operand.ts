import { BLOCK } from "./sizes";

// How a strided operand is described in memory, all words of 4 bytes:
//   space:   rank, sizes[rank]                       the shape that all operands of a call share, adjacent axes merged where possible
//   operand: address, mode, strides[rank] in bytes   one after the other, `2 + rank` words each
// A position is a place in the space in row-major order.

/** Lies in row-major order: the address of position p is address + 4p. */
export const CONTIGUOUS: usize = 0;
/** One number for all positions. */
export const SINGLE: usize = 1;
/** Any strides. */
export const STRIDED: usize = 2;

// @ts-ignore: decorator
@inline
export function wordAt(table: usize, index: usize): usize {
  return load<u32>(table + (index << 2));
}

// @ts-ignore: decorator
@inline
export function operandAt(operands: usize, rank: usize, index: usize): usize {
  return operands + ((index * (2 + rank)) << 2);
}

/** How many positions a block takes: whole rows of the space where they fit, else a part of one, so that rows can be read in place. */
export function blockLength(space: usize): usize {
  const rank = wordAt(space, 0);
  const inner = rank < 2 ? BLOCK : wordAt(space, rank);
  return inner >= BLOCK ? BLOCK : (BLOCK / inner) * inner;
}

/** Where position p is, for any strides. */
export function addressOf(operand: usize, space: usize, position: usize): usize {
  let address = wordAt(operand, 0);
  for (let axis = wordAt(space, 0); axis > 0; axis--) {
    const size = wordAt(space, axis);
    const rest = position / size;
    address += (position - rest * size) * wordAt(operand, axis + 1);
    position = rest;
  }
  return address;
}

// One row piece into a block; may write up to 12 bytes beyond it.
// @ts-ignore: decorator
@inline
function copyRow(from: usize, stride: usize, to: usize, count: usize): void {
  const end = to + (count << 2);
  if (stride == 4) {
    while (to < end) {
      v128.store(to, v128.load(from));
      from += 16;
      to += 16;
    }
  } else if (stride == 0) {
    const value = v128.load32_splat(from);
    while (to < end) {
      v128.store(to, value);
      to += 16;
    }
  } else {
    while (to < end) {
      store<u32>(to, load<u32>(from));
      from += stride;
      to += 4;
    }
  }
}

/** Copies positions [position, position + length) into a block, row piece by row piece. `counters` has room for one word an axis. */
export function gatherBlock(operand: usize, space: usize, position: usize, length: usize, block: usize, counters: usize): void {
  const rank = wordAt(space, 0);
  const inner = wordAt(space, rank);
  const stride = wordAt(operand, rank + 1);
  let address = wordAt(operand, 0);
  let rest = position;
  for (let axis = rank; axis > 0; axis--) {
    const size = wordAt(space, axis);
    const next = rest / size;
    const index = rest - next * size;
    store<u32>(counters + (axis << 2), <u32>index);
    address += index * wordAt(operand, axis + 1);
    rest = next;
  }
  let column = wordAt(counters, rank);
  while (length > 0) {
    const count = min(inner - column, length);
    copyRow(address, stride, block, count);
    block += count << 2;
    length -= count;
    // on to the next row: carry from the last axis but one upward
    address -= column * stride;
    column = 0;
    for (let axis = rank - 1; axis > 0; axis--) {
      const index = wordAt(counters, axis) + 1;
      const step = wordAt(operand, axis + 1);
      address += step;
      if (index < wordAt(space, axis)) {
        store<u32>(counters + (axis << 2), <u32>index);
        break;
      }
      address -= index * step;
      store<u32>(counters + (axis << 2), 0);
    }
  }
}

/** A strided operand's block where it can be read in place: inside one row of stride 1 (or 0 where one number will do); else 0. */
export function inPlace(operand: usize, space: usize, position: usize, length: usize, allowSingle: bool): usize {
  const rank = wordAt(space, 0);
  const inner = wordAt(space, rank);
  const stride = wordAt(operand, rank + 1);
  if (stride != 4 && !(stride == 0 && allowSingle)) return 0;
  if ((position % inner) + length > inner) return 0;
  return addressOf(operand, space, position);
}
