import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, broadcast, floats, integers, permuted, sliced } from "./given.ts";
import { exact, summed } from "./tolerance.ts";

/** A weight of random codes and scales whose numbers lie in [−1, 1). */
interface Weight {
  readonly bits: 8 | 4;
  readonly codes: Given;
  readonly scales: Given;
}

function weight(bits: 8 | 4, n: number, k: number, group: number, seed: number): Weight {
  const codes = integers([n, (k * bits) / 32], seed, -(2 ** 31), 2 ** 31);
  const most = 2 ** (1 - bits);
  return { bits, codes, scales: floats([n, k / group], seed + 1, -most, most) };
}

/** The float32 number that a place of the weight stands for, by its bits. */
function weightAt({ bits, codes, scales }: Weight, j: number, p: number, k: number): number {
  const perWord = 32 / bits;
  const word = at(codes, [j, Math.floor(p / perWord)]);
  const code = Math.floor((word >>> 0) / 2 ** (bits * (p % perWord))) % 2 ** bits;
  return Math.fround(at(scales, [j, Math.floor(p / (k / scales.shape[1]!))]) * (code - 2 ** (bits - 1)));
}

/** Σₚ x[i, p] · weight[j, p] in float64. */
function product(x: Given, of: Weight): { shape: number[]; values: number[] } {
  const [m, k] = x.shape as [number, number];
  const n = of.codes.shape[0]!;
  const values: number[] = [];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += at(x, [i, p]) * weightAt(of, j, p, k);
      values.push(sum);
    }
  return { shape: [m, n], values };
}

function plain(name: string, k: number, bits: 8 | 4, make: () => readonly [Given, Weight]): ConformanceCase {
  return callCase("quantizedMatmul", name, summed(k), () => {
    const [x, of] = make();
    return { settings: { bits }, operands: [x, of.codes, of.scales], outputs: [product(x, of)] };
  });
}

// rows, k, columns, group: one row, few, many; columns that fill no register; a k longer than a block of 384
const sizes = [
  [1, 32, 1, 32],
  [1, 32, 9, 32],
  [1, 416, 13, 32],
  [1, 256, 7, 128],
  [2, 64, 5, 32],
  [3, 96, 6, 96],
  [5, 416, 11, 32],
  [12, 64, 8, 64],
  [13, 32, 9, 32],
  [17, 64, 8, 32],
  [40, 448, 21, 64],
  [33, 512, 19, 512],
] as const;

/** Products with a weight of 8 or 4 bits. */
export const quantizedMatmul: readonly ConformanceCase[] = ([8, 4] as const).flatMap((bits) => [
  ...sizes.map(([m, k, n, group]) =>
    plain(`[${m}, ${k}] · ${bits}-bit [${n}, ${k}] in groups of ${group}`, k, bits, () => [floats([m, k], 1), weight(bits, n, k, group, 2)]),
  ),
  ...[1, 3, 20].map((m) => plain(`${m} × ${bits}-bit, x a transpose`, 64, bits, () => [permuted(floats([64, m], 1), [1, 0]), weight(bits, 10, 64, 32, 2)])),
  ...[1, 20].map((m) =>
    plain(`${m} × ${bits}-bit, rows of a larger weight, every second`, 64, bits, () => {
      const { codes, scales } = weight(bits, 20, 64, 32, 2);
      return [sliced(floats([m, 70], 1), 1, 3, 67), { bits, codes: sliced(codes, 0, 1, 20, 2), scales: sliced(scales, 0, 1, 20, 2) }];
    }),
  ),
  ...[1, 20].map((m) =>
    callCase("quantizedMatmul", `${m} × ${bits}-bit: every code is the number that it stands for`, exact, () => {
      // a column for each code, which a row's only 1 picks out of 32
      const perWord = 32 / bits;
      const count = 2 ** bits;
      const words = Int32Array.from({ length: count * bits }, (_, index) => {
        let word = 0;
        for (let place = perWord - 1; place >= 0; place--) word = word * 2 ** bits + ((Math.floor(index / bits) + place) % count);
        return word | 0;
      });
      const of: Weight = {
        bits,
        codes: array([count, bits], words, "int32"),
        scales: array(
          [count, 1],
          Float32Array.from({ length: count }, (_, j) => (j % 2 === 0 ? 1 : -0.25)),
        ),
      };
      const x = array(
        [m, 32],
        Float32Array.from({ length: m * 32 }, (_, index) => Number(index % 32 === Math.floor(index / 32) % 32)),
      );
      return { settings: { bits }, operands: [x, of.codes, of.scales], outputs: [product(x, of)] };
    }),
  ),
  ...[1, 4, 20].map((m) =>
    callCase("quantizedMatmul", `${m} × ${bits}-bit, an epilogue adds a bias and scales`, summed(64, 2), () => {
      const [x, of, bias] = [floats([m, 64], 1), weight(bits, 11, 64, 32, 2), broadcast(floats([11], 3), [m, 11])];
      const { shape, values } = product(x, of);
      return {
        settings: {
          bits,
          epilogue: {
            operands: 2,
            scalars: 1,
            instructions: [
              ["add", 0, 1],
              ["multiply", 3, 2],
            ],
          },
        },
        operands: [x, of.codes, of.scales, bias],
        scalars: [2],
        outputs: [{ shape, values: values.map((value, i) => 2 * (value + at(bias, [0, i % 11]))) }],
      };
    }),
  ),
  plain(`no rows, ${bits}-bit`, 32, bits, () => [floats([0, 32], 1), weight(bits, 3, 32, 32, 2)]),
  plain(`no columns, ${bits}-bit`, 32, bits, () => [floats([3, 32], 1), weight(bits, 0, 32, 32, 2)]),
  callCase("quantizedMatmul", `a sum over nothing is zero, ${bits}-bit`, exact, () => ({
    settings: { bits },
    operands: [floats([2, 0], 1), array([3, 0], [], "int32"), array([3, 0], [])],
    outputs: [{ shape: [2, 3], values: new Array<number>(6).fill(0) }],
  })),
  callCase("quantizedMatmul", `a scale that is NaN spreads along its column alone, ${bits}-bit`, exact, () => {
    const codes = array([2, bits], new Int32Array(2 * bits), "int32"); // every code 0
    const scales = array([2, 1], [Number.NaN, 1]);
    const x = array([1, 32], new Float32Array(32).fill(1));
    return { settings: { bits }, operands: [x, codes, scales], outputs: [{ shape: [1, 2], values: [Number.NaN, -32 * 2 ** (bits - 1)] }] };
  }),
]);
