// topK, for every row: a heap of the k best so far with the worst on top, which most numbers don't beat; then the heap empties from the back.
// Numbers are compared as integers in the same order, NaN above all. A heap entry is a key and an index; of equal keys the lower index is better.

// @ts-ignore: decorator
@inline
function keyOf(isInteger: bool, at: usize): i32 {
  const bits = load<i32>(at);
  if (isInteger) return bits;
  const x = reinterpret<f32>(bits);
  if (x != x) return i32.MAX_VALUE;
  if (x == 0) return 0; // −0 ties with 0
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

// @ts-ignore: decorator
@inline
function isWorse(key: i32, index: u32, thanKey: i32, thanIndex: u32): bool {
  return key < thanKey || (key == thanKey && index > thanIndex);
}

// Puts an entry where the top was and lets it sink below entries that are worse.
function sink(heap: usize, count: usize, key: i32, index: u32): void {
  let place: usize = 0;
  for (;;) {
    let child: usize = 2 * place + 1;
    if (child >= count) break;
    let at = heap + (child << 3);
    if (child + 1 < count && isWorse(load<i32>(at, 8), load<u32>(at, 12), load<i32>(at), load<u32>(at, 4))) {
      child++;
      at += 8;
    }
    if (!isWorse(load<i32>(at), load<u32>(at, 4), key, index)) break;
    store<u64>(heap + (place << 3), load<u64>(at));
    place = child;
  }
  store<i32>(heap + (place << 3), key);
  store<u32>(heap + (place << 3), index, 4);
}

// Adds an entry at the end and lets it rise above entries that are better.
function rise(heap: usize, place: usize, key: i32, index: u32): void {
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const at = heap + (parent << 3);
    if (!isWorse(key, index, load<i32>(at), load<u32>(at, 4))) break;
    store<u64>(heap + (place << 3), load<u64>(at));
    place = parent;
  }
  store<i32>(heap + (place << 3), key);
  store<u32>(heap + (place << 3), index, 4);
}

/** Rows [from, to) of `size` numbers each. `heap` has room for k entries of 8 bytes. */
export function topK(isInteger: bool, x: usize, values: usize, indices: usize, size: usize, k: usize, heap: usize, from: usize, to: usize): void {
  if (k == 0) return;
  for (let row = from; row < to; row++) {
    const start = x + ((row * size) << 2);
    for (let i: usize = 0; i < k; i++) rise(heap, i, keyOf(isInteger, start + (i << 2)), <u32>i);
    for (let i = k; i < size; i++) {
      const key = keyOf(isInteger, start + (i << 2));
      if (key > load<i32>(heap)) sink(heap, k, key, <u32>i);
    }
    for (let left = k; left > 0; left--) {
      const index = load<u32>(heap, 4);
      const at = (row * k + left - 1) << 2;
      store<u32>(indices + at, index);
      store<u32>(values + at, load<u32>(start + (index << 2)));
      const last = heap + ((left - 1) << 3);
      sink(heap, left - 1, load<i32>(last), load<u32>(last, 4));
    }
  }
}
