import { AttentionCall } from "./call";

// A bias for every pair of a query and a key, read where it lies, and its gradient.

/** Where the biases of a query begin, from a key on; 0 where there are none. */
// @ts-ignore: decorator
@inline
export function pairsAt(call: AttentionCall, row: usize, head: usize, query: usize, key: usize): usize {
  if (!call.pairs) return 0;
  return call.pairs + row * call.pairsBatch + head * call.pairsHead + query * call.pairsQuery + key * call.pairsKey;
}

/** Adds the biases at `pairs` to the first `count` of a row of scores, and anything to those up to the next multiple of four. */
export function addPairs(scores: usize, pairs: usize, stride: usize, count: usize): void {
  if (stride == 4) {
    for (let c: usize = 0; c < count << 2; c += 16) v128.store(scores + c, f32x4.add(v128.load(scores + c), v128.load(pairs + c)));
    return;
  }
  for (let at = scores; at < scores + (count << 2); at += 4, pairs += stride) store<f32>(at, load<f32>(at) + load<f32>(pairs));
}

/** Adds the cotangents of a row of scores to the biases' gradient. */
export function addToPairs(call: AttentionCall, row: usize, head: usize, query: usize, key: usize, gradient: usize, count: usize): void {
  let at = <usize>call.ofPairs + row * call.ofPairsBatch + head * call.ofPairsHead + ((query * call.keys + key) << 2);
  let c: usize = 0;
  for (; c + 4 <= count; c += 4, at += 16) v128.store(at, f32x4.add(v128.load(at), v128.load(gradient + (c << 2))));
  for (; c < count; c++, at += 4) store<f32>(at, load<f32>(at) + load<f32>(gradient + (c << 2)));
}
