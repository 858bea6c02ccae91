import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, broadcast, flipped, floats, indices, integers, permuted, sliced } from "./given.ts";
import { halves, isHalf, widened } from "./halves.ts";
import { exact, summed, transcendental } from "./tolerance.ts";

/** Σₚ a[batch, i, p] · b[batch, p, j] by its indices, in float64. */
function product(a: Given, b: Given): { shape: number[]; values: number[] } {
  const k = a.shape.at(-1)!;
  const right = isHalf(b) ? widened(b) : b;
  const shape = [...a.shape.slice(0, -1), b.shape.at(-1)!];
  const values = indices(shape).map((index) => {
    const batch = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let p = 0; p < k; p++) sum += at(a, [...batch, i, p]) * at(right, [...batch, p, j]);
    return sum;
  });
  return { shape, values };
}

function plain(name: string, k: number, make: () => readonly [Given, Given]): ConformanceCase {
  return callCase("matmul", name, summed(k), () => {
    const [a, b] = make();
    return { settings: {}, operands: [a, b], outputs: [product(a, b)] };
  });
}

const sizes = [
  [1, 1, 1],
  [1, 7, 1],
  [3, 1, 5],
  [1, 64, 33],
  [33, 64, 1],
  [2, 2, 2],
  [3, 5, 7],
  [4, 4, 4],
  [7, 31, 33],
  [8, 8, 8],
  [16, 16, 16],
  [31, 33, 35],
  [32, 64, 48],
  [65, 97, 67],
  [1, 257, 130],
  [130, 257, 2],
  [5, 300, 9],
  [64, 3, 129],
] as const;

/** `[m, k]` stored as its transpose. */
const turned = (rows: number, columns: number, seed: number): Given => permuted(floats([columns, rows], seed), [1, 0]);

/** Products of every shape and layout, and their epilogues. */
export const matmul: readonly ConformanceCase[] = [
  ...sizes.map(([m, k, n]) => plain(`[${m}, ${k}] · [${k}, ${n}]`, k, () => [floats([m, k], 1), floats([k, n], 2)])),
  ...(
    [
      [7, 31, 33],
      [33, 17, 65],
      [1, 40, 50],
      [64, 64, 64],
    ] as const
  ).flatMap(([m, k, n]) => [
    plain(`[${m}, ${k}] · [${k}, ${n}], the right side a transpose`, k, () => [floats([m, k], 1), turned(k, n, 2)]),
    plain(`[${m}, ${k}] · [${k}, ${n}], the left side a transpose`, k, () => [turned(m, k, 1), floats([k, n], 2)]),
    plain(`[${m}, ${k}] · [${k}, ${n}], both sides transposes`, k, () => [turned(m, k, 1), turned(k, n, 2)]),
  ]),
  // large enough for the ways of devices that take several rows at once
  ...[
    [64, 20, 256],
    [128, 22, 132],
  ].flatMap(([m, k, n]) => [
    plain(`[${m}, ${k}] · [${k}, ${n}], many groups of rows`, k!, () => [floats([m!, k!], 1), floats([k!, n!], 2)]),
    plain(`[${m}, ${k}] · [${k}, ${n}], many groups of rows, both sides transposes`, k!, () => [turned(m!, k!, 1), turned(k!, n!, 2)]),
  ]),
  plain("a batch of many groups of rows", 12, () => [floats([3, 32, 12], 1), floats([3, 12, 192], 2)]),
  plain("a batch of single rows, each by its own matrix", 8, () => [floats([64, 1, 8], 1), floats([64, 8, 256], 2)]),
  plain("a batch", 7, () => [floats([3, 5, 7], 1), floats([3, 7, 4], 2)]),
  plain("two batch axes", 9, () => [floats([2, 3, 5, 9], 1), floats([2, 3, 9, 8], 2)]),
  plain("a right side repeated over the batch", 9, () => [floats([4, 5, 9], 1), broadcast(floats([9, 8], 2), [4, 9, 8])]),
  plain("a left side repeated over the batch", 9, () => [broadcast(floats([5, 9], 1), [4, 5, 9]), floats([4, 9, 8], 2)]),
  plain("both sides repeated, over different batch axes", 6, () => [
    broadcast(floats([2, 1, 5, 6], 1), [2, 3, 5, 6]),
    broadcast(floats([3, 6, 4], 2), [2, 3, 6, 4]),
  ]),
  plain("heads split off by a view", 8, () => [permuted(floats([2, 5, 3, 8], 1), [0, 2, 1, 3]), permuted(floats([2, 7, 3, 8], 2), [0, 2, 3, 1])]),
  plain("an offset and gaps between rows", 12, () => [sliced(floats([9, 20], 1), 1, 5, 17), sliced(sliced(floats([20, 30], 2), 0, 3, 15), 1, 10, 27)]),
  plain("every second column", 8, () => [sliced(floats([5, 16], 1), 1, 0, 16, 2), sliced(floats([8, 18], 2), 1, 1, 18, 2)]),
  plain("a flip", 9, () => [flipped(floats([5, 9], 1), 1), flipped(floats([9, 6], 2), 0)]),
  plain("a column repeated by stride 0", 9, () => [broadcast(floats([5, 1], 1), [5, 9]), floats([9, 6], 2)]),
  plain("an outer product", 1, () => [floats([31, 1], 1), floats([1, 33], 2)]),
  plain("a sum over nothing is zero", 1, () => [floats([3, 0], 1), floats([0, 4], 2)]),
  plain("no rows", 4, () => [floats([0, 4], 1), floats([4, 3], 2)]),
  plain("no columns", 4, () => [floats([3, 4], 1), floats([4, 0], 2)]),
  plain("an empty batch", 4, () => [floats([0, 3, 4], 1), floats([0, 4, 2], 2)]),
  plain("a matrix with itself", 9, () => {
    const x = floats([9, 9], 1);
    return [x, permuted(x, [1, 0])];
  }),
  callCase("matmul", "small whole numbers are exact", exact, () => {
    const a = wholes([33, 40], 1);
    const b = wholes([40, 35], 2);
    return { settings: {}, operands: [a, b], outputs: [product(a, b)] };
  }),
  callCase("matmul", "NaN and Infinity spread along their row and column alone, also against zeros", exact, () => {
    const a = array([3, 3], [Number.NaN, 0, 0, 1, Number.POSITIVE_INFINITY, 0, 1, 2, 3]);
    const b = array([3, 4], [0, 1, 2, 3, 0, 1, 2, 3, 1, 1, 1, -1]);
    return { settings: {}, operands: [a, b], outputs: [product(a, b)] };
  }),
  ...(["float16", "bfloat16"] as const).flatMap((dtype) => {
    const kept = (shape: readonly number[], seed: number): Given => halves(floats(shape, seed), dtype);
    return [
      ...(
        [
          [1, 64, 33],
          [1, 301, 131],
          [2, 7, 5],
          [3, 40, 50],
          [33, 17, 65],
          [70, 401, 35],
        ] as const
      ).flatMap(([m, k, n]) => [
        plain(`[${m}, ${k}] · ${dtype} [${k}, ${n}]`, k, () => [floats([m, k], 1), kept([k, n], 2)]),
        plain(`[${m}, ${k}] · ${dtype} [${k}, ${n}], the right side a transpose`, k, () => [floats([m, k], 1), permuted(kept([n, k], 2), [1, 0])]),
        plain(`[${m}, ${k}] · ${dtype} [${k}, ${n}], the left side a transpose`, k, () => [turned(m, k, 1), kept([k, n], 2)]),
      ]),
      plain(`a column of ${dtype}`, 40, () => [floats([50, 40], 1), kept([40, 1], 2)]),
      plain(`a batch of ${dtype}`, 7, () => [floats([3, 5, 7], 1), kept([3, 7, 4], 2)]),
      plain(`${dtype} repeated over the batch`, 9, () => [floats([4, 5, 9], 1), broadcast(kept([9, 8], 2), [4, 9, 8])]),
      plain(`every second column of ${dtype}, behind an offset`, 8, () => [floats([5, 8], 1), sliced(kept([8, 18], 2), 1, 1, 18, 2)]),
      plain(`a flip of ${dtype}`, 9, () => [floats([5, 9], 1), flipped(kept([9, 6], 2), 0)]),
      callCase("matmul", `every ${dtype} is the number that it stands for`, exact, () => {
        const bits = Uint16Array.from({ length: 2 ** 16 }, (_, index) => index);
        const b: Given = { data: bits, dtype, shape: [1, bits.length], strides: [bits.length, 1], offset: 0 };
        return { settings: {}, operands: [array([1, 1], [1]), b], outputs: [{ shape: b.shape, values: widened(b).data }] };
      }),
      ...[0, 13, 76].map((place) =>
        callCase("matmul", `a row that meets every ${dtype} in the columns of a transpose, one in each column at ${place}`, exact, () => {
          const bits = Uint16Array.from({ length: 77 * 852 }, (_, index) => index % 2 ** 16);
          const b = permuted(array([852, 77], bits, dtype), [1, 0]);
          const a = array(
            [1, 77],
            Float32Array.from({ length: 77 }, (_, index) => Number(index === place)),
          );
          return { settings: {}, operands: [a, b], outputs: [product(a, b)] };
        }),
      ),
      ...[2 ** 40, 2 ** -100, Number.NEGATIVE_INFINITY, Number.NaN].map((large) =>
        callCase("matmul", `a row with ${large} times a transposed ${dtype}`, exact, () => {
          const a = array(
            [1, 80],
            Float32Array.from({ length: 80 }, (_, index) => (index === 29 ? large : 0)),
          );
          const b = permuted(kept([9, 80], 2), [1, 0]);
          return { settings: {}, operands: [a, b], outputs: [product(a, b)] };
        }),
      ),
      callCase(
        "matmul",
        `${dtype}, a bias and a tanh`,
        { ...transcendental, absolute: 1e-5, reason: "the product's rounding, through a function of slope at most 1" },
        () => {
          const [a, b, bias] = [floats([2, 31], 1), kept([31, 33], 2), broadcast(floats([33], 3), [2, 33])];
          const { shape, values } = product(a, b);
          return {
            settings: {
              epilogue: {
                operands: 2,
                scalars: 0,
                instructions: [
                  ["add", 0, 1],
                  ["tanh", 2],
                ],
              },
            },
            operands: [a, b, bias],
            outputs: [{ shape, values: values.map((value, i) => Math.tanh(value + at(bias, [0, i % 33]))) }],
          };
        },
      ),
    ];
  }),

  callCase("matmul", "an epilogue adds a bias", summed(31), () => {
    const [a, b, bias] = [floats([7, 31], 1), floats([31, 33], 2), broadcast(floats([33], 3), [7, 33])];
    const { shape, values } = product(a, b);
    return {
      settings: { epilogue: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } },
      operands: [a, b, bias],
      outputs: [{ shape, values: values.map((value, i) => value + at(bias, [0, i % 33])) }],
    };
  }),
  callCase(
    "matmul",
    "an epilogue adds a bias, bends by a tanh gelu and adds a residual, batched",
    { ...transcendental, absolute: 2e-5, reason: "the product's rounding, passed through a function of slope about 1" },
    () => {
      const [a, b] = [floats([2, 5, 16], 1), broadcast(floats([16, 12], 2), [2, 16, 12])];
      const bias = broadcast(floats([12], 3), [2, 5, 12]);
      const residual = permuted(floats([5, 2, 12], 4), [1, 0, 2]);
      const { shape, values } = product(a, b);
      const expected = indices(shape).map((index, i) => {
        const x = values[i]! + at(bias, index);
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) + at(residual, index);
      });
      return {
        settings: {
          epilogue: {
            operands: 3,
            scalars: 1,
            instructions: [
              ["add", 0, 1],
              ["multiply", 4, 4],
              ["multiply", 5, 4],
              ["literal", 0.044715],
              ["multiply", 6, 7],
              ["add", 4, 8],
              ["literal", Math.sqrt(2 / Math.PI)],
              ["multiply", 9, 10],
              ["tanh", 11],
              ["literal", 1],
              ["add", 12, 13],
              ["multiply", 4, 14],
              ["multiply", 15, 3],
              ["add", 16, 2],
            ],
          },
        },
        operands: [a, b, bias, residual],
        scalars: [0.5],
        outputs: [{ shape, values: expected }],
      };
    },
  ),
  callCase("matmul", "an epilogue may change the type and take integers", exact, () => {
    const [a, b, least] = [wholes([3, 4], 1), wholes([4, 5], 2), integers([3, 5], 3, -9, 9)];
    const { shape, values } = product(a, b);
    return {
      settings: {
        epilogue: {
          operands: 2,
          scalars: 0,
          instructions: [
            ["toInt32", 0],
            ["greater", 2, 1],
          ],
        },
      },
      operands: [a, b, least],
      outputs: [{ shape, dtype: "bool", values: values.map((value, i) => Number(value > least.data[i]!)) }],
    };
  }),
  callCase("matmul", "an epilogue runs on a sum over nothing", exact, () => ({
    settings: { epilogue: { operands: 1, scalars: 1, instructions: [["add", 0, 1]] } },
    operands: [floats([2, 0], 1), floats([0, 3], 2)],
    scalars: [1.5],
    outputs: [{ shape: [2, 3], values: new Array<number>(6).fill(1.5) }],
  })),
];

function wholes(shape: readonly number[], seed: number): Given {
  return array(shape, integers([elementCount(shape)], seed, -8, 9).data);
}
