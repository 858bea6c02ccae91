import { storeLanes } from "./simd/horizontal";
import { sixteenWords } from "./simd/threefry";

// random: the upper 24 bits of the two words of a counter are two neighbouring numbers, of eight counters at a time.

/** Counters [from, to), two numbers each; of `count` numbers, none beyond the last is written. `own` is room for sixteen words. */
export function random(key0: i32, key1: i32, out: usize, count: usize, own: usize, from: usize, to: usize): void {
  const unit = f32x4.splat(5.9604644775390625e-8); // 2⁻²⁴
  for (let counter = from; counter < to; counter += 8) {
    sixteenWords(key0, key1, <i32>counter, 0, own);
    const at = out + (counter << 3);
    const size = min<usize>(16, count - (counter << 1));
    for (let i: usize = 0; i < size; i += 4) {
      const numbers = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(v128.load(own + (i << 2)), 8)), unit);
      storeLanes(at + (i << 2), numbers, <i32>(size - i));
    }
  }
}
