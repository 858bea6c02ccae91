import type { DType } from "../contract/dtype.ts";
import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, bools, broadcast, flipped, floats, indices, integers, permuted, sliced } from "./given.ts";
import { exact } from "./tolerance.ts";

interface Placed {
  readonly given: Given;
  readonly offset: readonly number[];
}

function put(name: string, shape: readonly number[], make: () => readonly Placed[], { fill = 0, dtype = "float32" as DType } = {}): ConformanceCase {
  return callCase("copy", name, exact, () => {
    const placed = make();
    const values = indices(shape).map((index) => {
      for (const { given, offset } of placed) {
        const inside = index.map((i, axis) => i - offset[axis]!);
        if (inside.every((i, axis) => i >= 0 && i < given.shape[axis]!)) return at(given, inside);
      }
      return fill;
    });
    return { settings: { offsets: placed.map(({ offset }) => offset), fill }, operands: placed.map(({ given }) => given), outputs: [{ shape, dtype, values }] };
  });
}

/** A view made contiguous. */
function contiguous(name: string, make: () => Given): ConformanceCase {
  const given = make();
  return put(name, given.shape, () => [{ given: make(), offset: given.shape.map(() => 0) }], { dtype: given.dtype });
}

const storage: Tolerance = { absolute: 0, relative: 0, reason: "a conversion rounds once, to the nearest, halves to even; every 16-bit float is a float32" };

/** Numbers at the edges of the 16-bit floats: halves between neighbours, subnormals, overflow, specials. */
const edges = [
  0,
  1,
  -1,
  0.1,
  -0.1,
  1 / 3,
  2049,
  2051,
  2053,
  4098,
  65504,
  65519.996,
  65520,
  -65520,
  1e30,
  6.1035156e-5,
  6.0975552e-5,
  5.9604645e-8,
  2.9802322e-8,
  2.9802326e-8,
  8.9406967e-8,
  1e-9,
  1.00390625,
  1.01171875,
  1.0039063,
  3.3895314e38,
  3.4e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/** The 16-bit patterns that every kind of float has: zeros, subnormals, normals, infinities. */
const patterns = [
  0, 0x8000, 1, 2, 0x3ff, 0x400, 0x401, 0x3c00, 0x3c01, 0xbc00, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x3f80, 0x4049, 0x7f7f, 0x0080, 0x7f80, 0xff80, 0x5555, 0xaaaa,
];

/** Contiguity, concatenation, padding, conversion. */
export const copy: readonly ConformanceCase[] = [
  contiguous("a transpose made contiguous", () => permuted(floats([33, 17], 1), [1, 0])),
  contiguous("a flip made contiguous", () => flipped(floats([3, 33], 1), 1)),
  contiguous("a repeated row made contiguous", () => broadcast(floats([33], 1), [5, 33])),
  contiguous("every third element made contiguous", () => sliced(floats([100], 1), 0, 2, 100, 3)),
  contiguous("six axes in another order", () => permuted(floats([2, 3, 2, 3, 2, 3], 1), [3, 1, 5, 0, 4, 2])),
  contiguous("transposed integers", () => permuted(integers([9, 5], 1, -(2 ** 31), 2 ** 31), [1, 0])),
  contiguous("transposed bools", () => permuted(bools([9, 5], 1), [1, 0])),
  contiguous("a single number", () => floats([], 1)),
  contiguous("nothing", () => floats([3, 0], 1)),
  contiguous("a transpose of float16 bits", () =>
    permuted(
      array(
        [5, 3],
        new Uint16Array(15).map((_, i) => 0x3c00 + i),
        "float16",
      ),
      [1, 0],
    ),
  ),
  contiguous("every second bfloat16", () =>
    sliced(
      array(
        [11],
        new Uint16Array(11).map((_, i) => 0x3f80 + i),
        "bfloat16",
      ),
      0,
      1,
      11,
      2,
    ),
  ),
  put("concatenation along the first axis", [9, 4], () => [
    { given: floats([2, 4], 1), offset: [0, 0] },
    { given: floats([6, 4], 2), offset: [2, 0] },
    { given: floats([1, 4], 3), offset: [8, 0] },
  ]),
  put("concatenation along the last axis, one part a transpose", [5, 10], () => [
    { given: floats([5, 3], 1), offset: [0, 0] },
    { given: permuted(floats([7, 5], 2), [1, 0]), offset: [0, 3] },
  ]),
  put("concatenation along a middle axis", [2, 7, 3], () => [
    { given: floats([2, 4, 3], 1), offset: [0, 0, 0] },
    { given: floats([2, 3, 3], 2), offset: [0, 4, 0] },
  ]),
  put("concatenation of parts in any order, one of them empty", [7], () => [
    { given: floats([3], 1), offset: [4] },
    { given: floats([0], 2), offset: [4] },
    { given: floats([4], 3), offset: [0] },
  ]),
  put("concatenation of a part with itself", [6, 2], () => {
    const given = floats([3, 2], 1);
    return [
      { given, offset: [0, 0] },
      { given, offset: [3, 0] },
    ];
  }),
  put("padding with a number", [6, 8], () => [{ given: floats([3, 4], 1), offset: [2, 1] }], { fill: -1.5 }),
  put("padding with −Infinity", [3, 40], () => [{ given: floats([3, 31], 1), offset: [0, 4] }], { fill: Number.NEGATIVE_INFINITY }),
  put("padding of integers", [4, 4], () => [{ given: integers([2, 2], 1, -9, 9), offset: [1, 1] }], { fill: 123456789, dtype: "int32" }),
  put("padding of bools", [9], () => [{ given: bools([4], 1), offset: [3] }], { fill: 1, dtype: "bool" }),
  put("a number everywhere", [33, 3], () => [], { fill: 0.25 }),
  put("zeros", [1025], () => []),
  put("pieces with gaps between them", [5, 12], () => [
    { given: floats([5, 3], 1), offset: [0, 1] },
    { given: floats([2, 5], 2), offset: [3, 6] },
  ]),

  callCase("copy", "float32 to float16 rounds to the nearest, halves to even", storage, () => ({
    settings: { offsets: [[0]], fill: 0 },
    operands: [array([edges.length], edges)],
    outputs: [{ shape: [edges.length], dtype: "float16", values: edges.map((value) => halfBits(Math.fround(value))) }],
  })),
  callCase("copy", "float32 to bfloat16 rounds to the nearest, halves to even", storage, () => ({
    settings: { offsets: [[0]], fill: 0 },
    operands: [array([edges.length], edges)],
    outputs: [{ shape: [edges.length], dtype: "bfloat16", values: edges.map((value) => nearest(Math.fround(value), brainOfBits)) }],
  })),
  callCase("copy", "float16 to float32 is exact, subnormals too", storage, () => ({
    settings: { offsets: [[0]], fill: 0 },
    operands: [array([patterns.length], patterns, "float16")],
    outputs: [{ shape: [patterns.length], values: patterns.map(halfOfBits) }],
  })),
  callCase("copy", "bfloat16 to float32 is exact", storage, () => ({
    settings: { offsets: [[0]], fill: 0 },
    operands: [array([patterns.length], patterns, "bfloat16")],
    outputs: [{ shape: [patterns.length], values: patterns.map(brainOfBits) }],
  })),
  callCase("copy", "a transposed bfloat16 array beside a float32 one, in float32 over a fill", storage, () => {
    const brain = permuted(array([3, 2], [0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0xc0c0], "bfloat16"), [1, 0]);
    const float = floats([2, 2], 1);
    const values = indices([2, 6]).map(([i, j]) => (j! < 3 ? brainOfBits(at(brain, [i!, j!])) : j! < 5 ? at(float, [i!, j! - 3]) : 7));
    return {
      settings: {
        offsets: [
          [0, 0],
          [0, 3],
        ],
        fill: 7,
      },
      operands: [brain, float],
      outputs: [{ shape: [2, 6], values }],
    };
  }),
  callCase("copy", "a fill of float16 is rounded too", storage, () => ({
    settings: { offsets: [], fill: 0.1 },
    operands: [],
    outputs: [{ shape: [5], dtype: "float16", values: new Array<number>(elementCount([5])).fill(halfBits(Math.fround(0.1))) }],
  })),
];

/** The value of half-precision bits, by the definition `(−1)ˢ · 2^(e − 15) · (1 + f / 1024)`. */
function halfOfBits(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

/** The value of bfloat16 bits, by the definition `(−1)ˢ · 2^(e − 127) · (1 + f / 128)`. */
function brainOfBits(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 7) & 255, (bits & 127) / 128];
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -126 * fraction : 2 ** (exponent - 127) * (1 + fraction));
}

function halfBits(value: number): number {
  return nearest(value, halfOfBits);
}

/** The bits whose value is nearest by search among all positive patterns, ties to even bits; overflow as if the next exponent existed. */
function nearest(value: number, decode: (bits: number) => number): number {
  const infinity = decode(0x7c00) === Number.POSITIVE_INFINITY ? 0x7c00 : 0x7f80;
  if (Number.isNaN(value)) return infinity === 0x7c00 ? 0x7e00 : 0x7fc0;
  const size = Math.abs(value);
  let below = 0;
  let above = infinity;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (decode(middle) <= size) below = middle;
    else above = middle;
  }
  const largest = decode(infinity - 1);
  const top = above < infinity ? decode(above) : 2 * largest - decode(infinity - 2);
  const [down, up] = [size - decode(below), top - size];
  const bits = size === Number.POSITIVE_INFINITY || down > up || (down === up && below % 2 === 1) ? above : below;
  return bits + (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}
