import { type CharacterRange, merged } from "./language.ts";

/** One byte from the first to the last, both included. */
export type ByteRange = readonly [first: number, last: number];

const bounds: readonly CharacterRange[] = [
  [0, 0x7f],
  [0x80, 0x7ff],
  // without the halves of surrogate pairs, which are no characters
  [0x800, 0xd7ff],
  [0xe000, 0xffff],
  [0x10000, 0x10ffff],
];

function bytesOf(codePoint: number): number[] {
  if (codePoint < 0x80) return [codePoint];
  const bytes = codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  const lead = [0, 0, 0xc0, 0xe0, 0xf0][bytes] as number;
  return Array.from({ length: bytes }, (_, index) => {
    const bits = codePoint >> (6 * (bytes - 1 - index));
    return index === 0 ? lead | bits : 0x80 | (bits & 0x3f);
  });
}

/** Characters as what their bytes in UTF-8 may be: each entry is one range for each byte. */
export function byteRanges(ranges: readonly CharacterRange[]): ByteRange[][] {
  return merged(ranges).flatMap(([from, to]) =>
    bounds.flatMap(([low, high]) => (from <= high && to >= low ? split(Math.max(from, low), Math.min(to, high)) : [])),
  );
}

/** Divides a range until the bytes of its ends say all: every byte after the first that differs runs from its least to its greatest. */
function split(from: number, to: number): ByteRange[][] {
  const [low, high] = [bytesOf(from), bytesOf(to)];
  for (let tail = 1; tail < high.length; tail++) {
    // the code points that share all but their last `tail` bytes
    const block = 2 ** (6 * tail);
    if (Math.floor(from / block) === Math.floor(to / block)) continue;
    const edge = from % block !== 0 ? Math.ceil(from / block) * block : to % block !== block - 1 ? Math.floor(to / block) * block : undefined;
    if (edge !== undefined) return [...split(from, edge - 1), ...split(edge, to)];
  }
  return [low.map((byte, index): ByteRange => [byte, high[index] as number])];
}
