import { hyperbolicTangent } from "../simd/hyperbolic";
import { AttentionCall } from "./call";
import { addPairs, pairsAt } from "./pairs";

// What happens to a row of products before its softmax: the cap, the biases, the mask.

// Four biases from a column on; columns outside the table take its nearest.
function biasesAt(biases: usize, column: i32, last: i32): v128 {
  if (column >= 0 && column + 3 <= last) return v128.load(biases + (column << 2));
  return f32x4(
    load<f32>(biases + (max(0, min(last, column)) << 2)),
    load<f32>(biases + (max(0, min(last, column + 1)) << 2)),
    load<f32>(biases + (max(0, min(last, column + 2)) << 2)),
    load<f32>(biases + (max(0, min(last, column + 3)) << 2)),
  );
}

/** The column of the bias table for a query and a key, before clamping. */
// @ts-ignore: decorator
@inline
export function columnOf(call: AttentionCall, query: usize, key: usize): i32 {
  return <i32>key - <i32>query - call.columnOffset;
}

/**
 * Turns the products of one query with keys [key, key + count) into scores: capped, biased, and −Infinity where the bits say hidden and from
 * `count` to `width` (a multiple of 4). With `slopes`, the cap's derivative goes there.
 */
export function finishScores(
  call: AttentionCall, scores: usize, slopes: usize, row: usize, head: usize, query: usize, key: usize, count: usize, width: usize, bits: usize,
): void {
  const cap = call.softcap;
  if (cap != 0) {
    const inverse = f32x4.splat(1 / cap);
    const one = f32x4.splat(1);
    for (let c: usize = 0; c < width << 2; c += 16) {
      const bent = hyperbolicTangent(f32x4.mul(v128.load(scores + c), inverse));
      v128.store(scores + c, f32x4.mul(bent, f32x4.splat(cap)));
      if (slopes) v128.store(slopes + c, f32x4.sub(one, f32x4.mul(bent, bent)));
    }
  }
  if (call.bias) {
    const biases = call.bias + head * call.biasHead;
    const column = columnOf(call, query, key);
    for (let c: usize = 0; c < width; c += 4) {
      const at = scores + (c << 2);
      v128.store(at, f32x4.add(v128.load(at), biasesAt(biases, column + <i32>c, call.distances - 1)));
    }
  }
  const pairs = pairsAt(call, row, head, query, key);
  if (pairs) addPairs(scores, pairs, call.pairsKey, count);
  const hidden = f32x4.splat(-Infinity);
  if (bits) {
    const lanes = i32x4(1, 2, 4, 8);
    const zero = i32x4.splat(0);
    for (let c: usize = 0; c < width; c += 32) {
      let word = load<u32>(bits + (c >> 3));
      const end = min(c + 32, width);
      if (word == 0xffffffff) continue;
      for (let at = scores + (c << 2); at < scores + (end << 2); at += 16) {
        const isHidden = i32x4.eq(v128.and(i32x4.splat(word), lanes), zero);
        v128.store(at, v128.bitselect(hidden, v128.load(at), isHidden));
        word >>>= 4;
      }
    }
  }
  for (let c = count; c < width; c++) store<f32>(scores + (c << 2), -Infinity);
}
