import { sixteenWords } from "../simd/threefry";
import { AttentionCall } from "./call";

// Dropout on weights: which are dropped follows from their places among all of [batch, heads, queries, keys] and the key, as `random` has it.

/** The floats of room that the masks of `columns` weights need: they begin at a multiple of sixteen and end at one. */
// @ts-ignore: decorator
@inline
export function roomForDrops(columns: usize): usize {
  return columns + 32;
}

/** Makes a mask for each of a query's weights with keys [key, key + count), all ones where it is dropped, in `room`; gives the first one's address. */
export function dropsOf(call: AttentionCall, row: usize, head: usize, query: usize, key: usize, count: usize, room: usize): usize {
  const place = (<u64>((row * call.heads + head) * call.queries + query)) * <u64>call.keys + <u64>key;
  const skipped = <usize>(place & 15);
  const threshold = i32x4.splat(call.threshold);
  // a group of eight counters begins at a multiple of eight, so its lower words don't overflow inside it
  let counter = (place >> 4) << 3;
  for (let at = room; at < room + ((skipped + count) << 2); at += 64, counter += 8) {
    sixteenWords(call.key0, call.key1, <i32>counter, <i32>(counter >> 32), at);
    for (let part = at; part < at + 64; part += 16) v128.store(part, i32x4.lt_s(i32x4.shr_u(v128.load(part), 8), threshold));
  }
  return room + (skipped << 2);
}

/** Sets those of `count` weights to 0 that are dropped. */
export function dropRow(weights: usize, drops: usize, count: usize): void {
  for (let c: usize = 0; c < count << 2; c += 16) v128.store(weights + c, v128.andnot(v128.load(weights + c), v128.load(drops + c)));
}
