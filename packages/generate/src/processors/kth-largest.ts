/**
 * The k-th largest of some numbers, 1 ≤ k ≤ their count: the k largest so far stand in a heap with the least of them on top, so that most numbers
 * are looked at once. NaN counts as the least.
 */
export function kthLargest(values: Float32Array, k: number): number {
  const heap = values.slice(0, k).sort();
  for (let index = k; index < values.length; index++) {
    const value = values[index] as number;
    if (value > (heap[0] as number)) sink(heap, value);
  }
  return heap[0] as number;
}

/** Puts a value in the place of the top, then where it belongs. */
function sink(heap: Float32Array, value: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if (value <= (heap[child] as number)) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = value;
}
