// The rotations, two rows of four taken in turn, and the key schedule's parity constant (Salmon et al. 2011, table 2 and section 3.3).
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/**
 * Threefry-2x32 with 20 rounds: a keyed mixing of a 64-bit counter into two random unsigned 32-bit words. No state: the same key and
 * counter give the same words on every device ([Salmon et al. 2011](https://doi.org/10.1145/2063384.2063405)).
 *
 * @example
 * ```ts
 * import { threefry } from "@ashlar/backend";
 * threefry(0, 0, 0, 0); // [0x6b200159, 0x99ba4efe]
 * ```
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [first: number, second: number] {
  const keys = [key0 | 0, key1 | 0, PARITY ^ key0 ^ key1];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = ROTATIONS[round % 8]!;
    x = (x + y) | 0;
    y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x = (x + keys[group % 3]!) | 0;
      y = (y + keys[(group + 1) % 3]! + group) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}
