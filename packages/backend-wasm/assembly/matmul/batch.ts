import { wordAt } from "../program/operand";

// A batch in memory, all words of 4 bytes: rank, sizes[rank], then for the left and the right operand strides[rank] in bytes.

/** Where an item's left (side 0) or right (side 1) operand begins. */
export function addressOfItem(first: usize, batch: usize, item: usize, side: usize): usize {
  const rank = wordAt(batch, 0);
  let address = first;
  for (let axis = rank; axis > 0; axis--) {
    const size = wordAt(batch, axis);
    const rest = item / size;
    address += (item - rest * size) * wordAt(batch, rank * (side + 1) + axis);
    item = rest;
  }
  return address;
}
