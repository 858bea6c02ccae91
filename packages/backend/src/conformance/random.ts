import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";

const tolerance: Tolerance = { absolute: 0, relative: 0, reason: "integers mixed exactly, and 24 bits of them are a float32" };

const WORD = 2n ** 32n;
const ROTATIONS = [
  [13n, 15n, 26n, 6n],
  [17n, 29n, 16n, 24n],
] as const;

/** Threefry-2x32-20 on whole numbers modulo 2³², five groups of four rounds with a key injection after each, at counters below 2³². */
export function words(key: readonly [bigint, bigint], counter: bigint): [bigint, bigint] {
  const schedule = [key[0], key[1], 0x1bd11bdan ^ key[0] ^ key[1]];
  let x = (counter + key[0]) % WORD;
  let y = key[1];
  for (let group = 0; group < 5; group++) {
    for (const turn of ROTATIONS[group % 2]!) {
      x = (x + y) % WORD;
      y = (((y << turn) % WORD) + (y >> (32n - turn))) ^ x;
    }
    x = (x + schedule[(group + 1) % 3]!) % WORD;
    y = (y + schedule[(group + 2) % 3]! + BigInt(group) + 1n) % WORD;
  }
  return [x, y];
}

function drawn(name: string, shape: readonly number[], key: readonly [number, number]): ConformanceCase {
  return callCase("random", name, tolerance, () => {
    const values = Array.from({ length: elementCount(shape) }, (_, i) => {
      const word = words([BigInt(key[0]), BigInt(key[1])], BigInt(Math.floor(i / 2)))[i % 2]!;
      return Number(word >> 8n) / 2 ** 24;
    });
    return { settings: {}, operands: [], scalars: key, outputs: [{ shape, values }] };
  });
}

/** Seeded uniform numbers. */
export const random: readonly ConformanceCase[] = [
  callCase("random", "the published words of key 0 at counter 0: 6b200159 and 99ba4efe", tolerance, () => ({
    settings: {},
    operands: [],
    scalars: [0, 0],
    outputs: [{ shape: [2], values: [0x6b2001 / 2 ** 24, 0x99ba4e / 2 ** 24] }],
  })),
  ...[1, 2, 3, 7, 31, 33, 1025].map((size) => drawn(`${size} numbers`, [size], [42, 7])),
  drawn("keys of 32 bits", [65], [0xdeadbeef, 0xffffffff]),
  drawn("another key", [65], [0xdeadbeef, 0xfffffffe]),
  drawn("a matrix", [5, 7], [1, 2]),
  drawn("a single number", [], [1, 2]),
  drawn("nothing", [0], [1, 2]),
];
