import type { Body } from "../body.ts";

// For every batch row, time, head and pair i of [0, half), with the pair's two places first and second:
//   output[first]  = x[first] · cos[i] − x[second] · sin[i]
//   output[second] = x[first] · sin[i] + x[second] · cos[i]
// and what is beyond 2 · half is copied. Turning back is the same with −sin. (Su et al. 2021, arXiv:2104.09864, equation 34.)

export const rotary: Body<"rotary"> = ({ settings: { interleaved, inverse }, operands }, [x, cosines, sines], [output]) => {
  const [batch, time, heads, dim] = operands[0]!.shape as [number, number, number, number];
  const [angleRows, , half] = operands[1]!.shape as [number, number, number];
  output!.set(x!);
  for (let row = 0; row < batch; row++) {
    for (let t = 0; t < time; t++) {
      const angles = ((angleRows === 1 ? 0 : row) * time + t) * half;
      for (let head = 0; head < heads; head++) {
        const start = ((row * time + t) * heads + head) * dim;
        for (let i = 0; i < half; i++) {
          const first = start + (interleaved ? 2 * i : i);
          const second = start + (interleaved ? 2 * i + 1 : i + half);
          const cos = cosines![angles + i]!;
          const sin = inverse ? -sines![angles + i]! : sines![angles + i]!;
          output![first] = x![first]! * cos - x![second]! * sin;
          output![second] = x![first]! * sin + x![second]! * cos;
        }
      }
    }
  }
};
