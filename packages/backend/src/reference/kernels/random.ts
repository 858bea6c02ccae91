import { threefry } from "../../numbers/threefry.ts";
import type { Body } from "../body.ts";

// For every element i, with the two words of threefry at counter (floor(i / 2), 0):
//   output[i] = (word[i mod 2] >>> 8) / 2²⁴

export const random: Body<"random"> = ({ scalars: [key0, key1] }, _inputs, [output]) => {
  for (let i = 0; i < output!.length; i += 2) {
    const words = threefry(key0!, key1!, i / 2, 0);
    output![i] = (words[0] >>> 8) / 2 ** 24;
    if (i + 1 < output!.length) output![i + 1] = (words[1] >>> 8) / 2 ** 24;
  }
};
