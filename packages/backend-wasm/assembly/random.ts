import { storeLanes } from "./simd/horizontal";
import { eightWords } from "./simd/threefry";

// random: the upper 24 bits of the two words of a counter are two neighbouring numbers, of four counters at a time.

// @ts-ignore: decorator
@inline
function asFraction(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32x4.splat(5.9604644775390625e-8)); // 2⁻²⁴
}

/** Counters [from, to), two numbers each; of `count` numbers, none beyond the last is written. `own` is room for eight words. */
export function random(key0: i32, key1: i32, out: usize, count: usize, own: usize, from: usize, to: usize): void {
  for (let counter = from; counter < to; counter += 4) {
    const at = out + (counter << 3);
    const left = <i32>min<usize>(8, count - (counter << 1));
    eightWords(key0, key1, <i32>counter, 0, own);
    storeLanes(at, asFraction(v128.load(own)), left);
    if (left > 4) storeLanes(at + 16, asFraction(v128.load(own, 16)), left - 4);
  }
}
