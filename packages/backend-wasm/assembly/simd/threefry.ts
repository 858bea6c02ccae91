// Twenty rounds of threefry2x32 (Salmon et al. 2011) in four lanes, twice side by side: a round waits for the one before it, and two chains of
// rounds wait together.

// @ts-ignore: decorator
@inline
function mixed(y: v128, x: v128, turn: i32): v128 {
  return v128.xor(v128.or(i32x4.shl(y, turn), i32x4.shr_u(y, 32 - turn)), x);
}

// @ts-ignore: decorator
@inline
function inOrder(x: v128, y: v128, to: usize): void {
  v128.store(to, i8x16.shuffle(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23));
  v128.store(to, i8x16.shuffle(x, y, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31), 16);
}

/**
 * The two words of each of eight neighbouring counters, sixteen words in their order, to `to`. The counters' lower words begin at `low`, and share
 * `high`.
 */
export function sixteenWords(key0: i32, key1: i32, low: i32, high: i32, to: usize): void {
  const first = i32x4.add(i32x4.splat(low + key0), i32x4(0, 1, 2, 3));
  let x = first;
  let u = i32x4.add(first, i32x4.splat(4));
  let y = i32x4.splat(high + key1);
  let v = y;
  let a = key1;
  let b = 0x1bd11bda ^ key0 ^ key1;
  let c = key0;
  for (let group = 1; ; group += 2) {
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 13), v = mixed(v, u, 13);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 15), v = mixed(v, u, 15);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 26), v = mixed(v, u, 26);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 6), v = mixed(v, u, 6);
    // after every four rounds the next two of the three keys are mixed in
    let forX = i32x4.splat(a);
    let forY = i32x4.splat(b + group);
    x = i32x4.add(x, forX), u = i32x4.add(u, forX);
    y = i32x4.add(y, forY), v = i32x4.add(v, forY);
    if (group == 5) break;
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 17), v = mixed(v, u, 17);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 29), v = mixed(v, u, 29);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 16), v = mixed(v, u, 16);
    x = i32x4.add(x, y), u = i32x4.add(u, v);
    y = mixed(y, x, 24), v = mixed(v, u, 24);
    forX = i32x4.splat(b);
    forY = i32x4.splat(c + group + 1);
    x = i32x4.add(x, forX), u = i32x4.add(u, forX);
    y = i32x4.add(y, forY), v = i32x4.add(v, forY);
    const next = a;
    a = c;
    c = b;
    b = next;
  }
  inOrder(x, y, to);
  inOrder(u, v, to + 32);
}
