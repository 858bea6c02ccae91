import { storeLanes } from "./simd/horizontal";

// random: for every four counters, twenty rounds of threefry2x32 in four lanes (Salmon et al. 2011); the upper 24 bits of the two words of a
// counter are two neighbouring numbers.

// @ts-ignore: decorator
@inline
function turned(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

// @ts-ignore: decorator
@inline
function asFraction(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32x4.splat(5.9604644775390625e-8)); // 2⁻²⁴
}

/** Counters [from, to), two numbers each; of `count` numbers, none beyond the last is written. */
export function random(key0: i32, key1: i32, out: usize, count: usize, from: usize, to: usize): void {
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  for (let counter = from; counter < to; counter += 4) {
    let x = i32x4.add(i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3)), i32x4.splat(key0));
    let y = i32x4.splat(key1);
    let a = key1;
    let b = key2;
    let c = key0;
    for (let group = 1; group <= 5; group++) {
      const isOdd = (group & 1) != 0;
      x = i32x4.add(x, y);
      y = v128.xor(turned(y, isOdd ? 13 : 17), x);
      x = i32x4.add(x, y);
      y = v128.xor(turned(y, isOdd ? 15 : 29), x);
      x = i32x4.add(x, y);
      y = v128.xor(turned(y, isOdd ? 26 : 16), x);
      x = i32x4.add(x, y);
      y = v128.xor(turned(y, isOdd ? 6 : 24), x);
      // after every four rounds the next two of the three keys are mixed in
      x = i32x4.add(x, i32x4.splat(a));
      y = i32x4.add(y, i32x4.splat(b + group));
      const next = a;
      a = b;
      b = c;
      c = next;
    }
    const first = asFraction(x);
    const second = asFraction(y);
    const at = out + (counter << 3);
    const left = <i32>min<usize>(8, count - (counter << 1));
    storeLanes(at, i8x16.shuffle(first, second, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23), left);
    if (left > 4) storeLanes(at + 16, i8x16.shuffle(first, second, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31), left - 4);
  }
}
