// rotary, for every place in time, for every head there: each pair (x, y) of the first 2·half numbers becomes (x·cos − y·sin, x·sin + y·cos);
// the rest is copied.

// Pairs (i, i + half), four at a time. All loads of a vector come before its stores, so that `out` may be `x`.
function rotateHalves(x: usize, out: usize, cosines: usize, sines: usize, sign: f32, half: usize): void {
  const up = half << 2;
  const turn = f32x4.splat(sign);
  let i: usize = 0;
  for (; i + 4 <= half; i += 4) {
    const o = i << 2;
    const a = v128.load(x + o);
    const b = v128.load(x + o + up);
    const c = v128.load(cosines + o);
    const s = f32x4.mul(v128.load(sines + o), turn);
    v128.store(out + o, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
    v128.store(out + o + up, f32x4.add(f32x4.mul(a, s), f32x4.mul(b, c)));
  }
  for (; i < half; i++) {
    const o = i << 2;
    const a = load<f32>(x + o);
    const b = load<f32>(x + o + up);
    const c = load<f32>(cosines + o);
    const s = load<f32>(sines + o) * sign;
    store<f32>(out + o, a * c - b * s);
    store<f32>(out + o + up, a * s + b * c);
  }
}

// Pairs (2i, 2i + 1), two at a time: the vector times each cosine twice, plus its neighbours times −sine and sine.
function rotateNeighbours(x: usize, out: usize, cosines: usize, sines: usize, sign: f32, half: usize): void {
  const turn = f32x4(-sign, sign, -sign, sign);
  let i: usize = 0;
  for (; i + 2 <= half; i += 2) {
    const o = i << 3;
    const a = v128.load(x + o);
    const swapped = i8x16.shuffle(a, a, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    const c = v128.load64_zero(cosines + (i << 2));
    const s = v128.load64_zero(sines + (i << 2));
    const cosine = i8x16.shuffle(c, c, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7);
    const sine = f32x4.mul(i8x16.shuffle(s, s, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7), turn);
    v128.store(out + o, f32x4.add(f32x4.mul(a, cosine), f32x4.mul(swapped, sine)));
  }
  if (i < half) {
    const o = i << 3;
    const a = load<f32>(x + o);
    const b = load<f32>(x + o, 4);
    const c = load<f32>(cosines + (i << 2));
    const s = load<f32>(sines + (i << 2)) * sign;
    store<f32>(out + o, a * c - b * s);
    store<f32>(out + o, a * s + b * c, 4);
  }
}

/** Places [from, to) of batch × time; angles repeat after `angles` places: time, or batch × time. */
export function rotary(
  interleaved: bool, sign: f32, x: usize, cosines: usize, sines: usize, out: usize, heads: usize, dim: usize, half: usize, angles: usize, from: usize,
  to: usize,
): void {
  const rest = dim - 2 * half;
  for (let place = from; place < to; place++) {
    const angle = ((place % angles) * half) << 2;
    for (let head: usize = 0; head < heads; head++) {
      const offset = ((place * heads + head) * dim) << 2;
      if (interleaved) rotateNeighbours(x + offset, out + offset, cosines + angle, sines + angle, sign, half);
      else rotateHalves(x + offset, out + offset, cosines + angle, sines + angle, sign, half);
      if (rest) memory.copy(out + offset + (half << 3), x + offset + (half << 3), rest << 2);
    }
  }
}
