import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  broadcastTo,
  concat,
  contiguous,
  expandDims,
  flip,
  grad,
  mul,
  pad,
  permute,
  repeat,
  reshape,
  roll,
  slice,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  tensor,
  tile,
  transpose,
  where,
} from "../index.ts";
import { counting, countingTensor, elementsOf, indices, type Naive, shapes } from "../testing/naive.ts";

const device: Device = reference();

/** A tensor and what it should be. */
type Pair = readonly [x: Tensor, is: Naive];

/** One step of a random walk through views: numbers choose which and where. */
type Step = (pair: Pair, a: number, b: number, c: number) => Pair;

const pick = (size: number, n: number): number => n % size;
const steps: readonly Step[] = [
  function permuted([x, { shape, at }], a, b) {
    const axes = shape.map((_, axis) => axis);
    if (axes.length > 1) axes.push(...axes.splice(pick(axes.length, a), 1 + pick(axes.length, b)));
    const back = axes.map((_, axis) => axes.indexOf(axis));
    return [permute(x, axes), { shape: axes.map((axis) => shape[axis]!), at: (index) => at(back.map((axis) => index[axis]!)) }];
  },
  function sliced([x, { shape, at }], a, b, c) {
    if (shape.length === 0) return [x, { shape, at }];
    const axis = pick(shape.length, a);
    const size = shape[axis]!;
    const start = pick(size + 1, b);
    const end = start + pick(size - start + 1, c);
    const step = 1 + pick(2, b + c);
    const count = Math.ceil((end - start) / step);
    return [slice(x, axis, { start, end, step }), { shape: shape.with(axis, count), at: (index) => at(index.with(axis, start + step * index[axis]!)) }];
  },
  function flipped([x, { shape, at }], a) {
    if (shape.length === 0) return [x, { shape, at }];
    const axis = pick(shape.length, a);
    return [flip(x, axis - shape.length), { shape, at: (index) => at(index.with(axis, shape[axis]! - 1 - index[axis]!)) }];
  },
  function expanded([x, { shape, at }], a) {
    const axis = pick(shape.length + 1, a);
    return [expandDims(x, axis), { shape: shape.toSpliced(axis, 0, 1), at: (index) => at(index.toSpliced(axis, 1)) }];
  },
  function squeezed([x, { shape, at }]) {
    const axis = shape.indexOf(1);
    return axis < 0 ? [x, { shape, at }] : [squeeze(x, axis), { shape: shape.toSpliced(axis, 1), at: (index) => at(index.toSpliced(axis, 0, 0)) }];
  },
  function broadcast([x, { shape, at }], a, b) {
    const wide = [...(b % 2 ? [2] : []), ...shape.map((size) => (size === 1 ? 1 + pick(3, a) : size))];
    const shift = wide.length - shape.length;
    return [broadcastTo(x, wide), { shape: wide, at: (index) => at(shape.map((size, axis) => (size === 1 ? 0 : index[axis + shift]!))) }];
  },
  function reshaped([x, { shape, at }], a) {
    if (shape.length < 2) return [x, { shape, at }];
    // two neighbours become one
    const axis = pick(shape.length - 1, a);
    const [outer, inner] = [shape[axis]!, shape[axis + 1]!];
    const merged = shape.toSpliced(axis, 2, outer * inner);
    const apart = (index: readonly number[]): number[] => index.toSpliced(axis, 1, Math.floor(index[axis]! / inner), index[axis]! % inner);
    return [reshape(x, merged), { shape: merged, at: (index) => at(apart(index)) }];
  },
  function halved([x, { shape, at }]) {
    // one axis becomes two
    const axis = shape.findIndex((size) => size > 0 && size % 2 === 0);
    if (axis < 0) return [x, { shape, at }];
    const parted = shape.toSpliced(axis, 1, 2, -1);
    const inner = shape[axis]! / 2;
    const together = (index: readonly number[]): number[] => index.toSpliced(axis, 2, index[axis]! * inner + index[axis + 1]!);
    return [reshape(x, shape.includes(0) ? parted.with(axis + 1, inner) : parted), { shape: parted.with(axis + 1, inner), at: (index) => at(together(index)) }];
  },
];

const walk = fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(11), fc.nat(11), fc.nat(11)), { maxLength: 6 });

function walked(x: Tensor, is: Naive, path: readonly (readonly [number, number, number, number])[]): Pair {
  return path.reduce<Pair>((pair, [step, a, b, c]) => steps[step]!(pair, a, b, c), [x, is]);
}

test("any chain of views reads what the indices say, and so does its copy", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, walk, async (shape, path) => {
      const [view, is] = walked(countingTensor(shape, device), counting(shape), path);
      expect(view.shape).toEqual(is.shape);
      expect([...(await view.data())]).toEqual(elementsOf(is));
      expect([...(await contiguous(view).data())]).toEqual(elementsOf(is));
    }),
    { numRuns: 300 },
  );
});

test("the gradient through any chain of views counts how often each element is seen", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, walk, async (shape, path) => {
      const seen = new Array<number>(elementsOf(counting(shape)).length).fill(0);
      for (const place of elementsOf(walked(countingTensor(shape, device), counting(shape), path)[1])) seen[place]!++;
      const gradient = grad(countingTensor(shape, device), (x) => sum(walked(x, counting(shape), path)[0]));
      expect([...(await gradient.data())]).toEqual(seen);
    }),
    { numRuns: 200 },
  );
});

test("views of what lies evenly share its memory; only reshaping what does not copies", () => {
  const x = countingTensor([2, 3, 4], device);
  const views = [permute(x, [2, 0, 1]), slice(x, 1, { start: 1, step: 2 }), flip(x, 0), reshape(x, [6, 4]), broadcastTo(x, [5, 2, 3, 4]), ...split(x, 2)];
  for (const view of views) expect(view.storage).toBe(x.storage);
  expect(reshape(transpose(x, 0, 1), [3, 8]).storage).not.toBe(x.storage);
  expect(reshape(transpose(x), [2, 2, 2, 3]).storage).toBe(x.storage);
  expect(contiguous(x)).toBe(x);
  expect(broadcastTo(x, [2, 3, 4])).toBe(x);
});

describe("broadcasting", () => {
  /** Two or three shapes that broadcast, and what to. */
  const fitting = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean(), fc.boolean(), fc.boolean()), { maxLength: 4 }).chain((axes) =>
    fc.tuple(...[1, 2, 3].map(() => fc.nat(axes.length))).map((leading) => ({
      all: leading.map((left, which) => axes.slice(left).map(([size, ...one]) => (one[which] ? 1 : size))),
      shape: axes.map(([size, ...one], axis) => {
        const there = one.filter((_, which) => leading[which]! <= axis);
        return there.some((isOne) => !isOne) ? size : 1;
      }),
    })),
  );

  const spread = (own: readonly number[], shape: readonly number[]): Naive => {
    const { at } = counting(own);
    const shift = shape.length - own.length;
    return { shape, at: (index) => at(own.map((size, axis) => (size === 1 ? 0 : index[axis + shift]!))) };
  };

  test("arguments are aligned at their last axis, and axes of size 1 repeat", async () => {
    await fc.assert(
      fc.asyncProperty(fitting, async ({ all, shape }) => {
        const longest = Math.max(...all.map(({ length }) => length));
        const result = shape.slice(shape.length - longest);
        const [a, b, c] = all.map((own) => countingTensor(own, device)) as [Tensor, Tensor, Tensor];
        const [x, y, z] = all.map((own) => elementsOf(spread(own, result))) as [number[], number[], number[]];
        const sums = add(mul(a, b), c);
        expect(sums.shape).toEqual(result);
        expect([...(await sums.data())]).toEqual(x.map((value, i) => value * y[i]! + z[i]!));
      }),
      { numRuns: 200 },
    );
  });

  test("the gradient of what repeats is the sum over its repetitions", async () => {
    await fc.assert(
      fc.asyncProperty(fitting, async ({ all }) => {
        const inputs = all.slice(0, 2).map((own) => countingTensor(own, device));
        const gradients = grad(inputs, ([a, b]) => sum(mul(a!, b!)));
        const shape = mul(inputs[0]!, inputs[1]!).shape;
        const [x, y] = all.map((own) => spread(own, shape)) as [Naive, Naive];
        for (const [which, other] of [y, x].entries()) {
          const own = [x, y][which]!;
          const sums = new Array<number>(inputs[which]!.size).fill(0);
          for (const index of indices(shape)) sums[own.at(index)]! += other.at(index);
          expect([...(await gradients[which]!.data())]).toEqual(sums);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("a bool chooses between broadcast arguments and numbers", async () => {
    const condition = tensor([[true], [false]], { device, dtype: "bool" });
    expect([...(await where(condition, tensor([1, 2, 3], { device }), 0).data())]).toEqual([1, 2, 3, 0, 0, 0]);
  });
});

test("what is split is joined again, in equal parts or not, along any axis", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
      fc.nat(2),
      async (shape, sizes, n) => {
        const axis = n % shape.length;
        const full = shape.with(
          axis,
          sizes.reduce((a, b) => a + b, 0),
        );
        const x = countingTensor(full, device);
        const parts = split(x, sizes, axis - full.length);
        expect(parts.map((part) => part.shape[axis])).toEqual(sizes);
        const joined = concat(parts, axis);
        expect(joined.shape).toEqual(full);
        expect([...(await joined.data())]).toEqual([...(await x.data())]);
      },
    ),
    { numRuns: 100 },
  );
});

test("the gradient of parts, some of which nobody used, is in its place", async () => {
  const gradient = grad(countingTensor([2, 6], device), (x) => {
    const [a, , c] = split(x, 3) as [Tensor, Tensor, Tensor];
    return sum(add(mul(a, 2), mul(c, c)));
  });
  expect([...(await gradient.data())]).toEqual([2, 2, 0, 0, 8, 10, 2, 2, 0, 0, 20, 22]);
});

test("stack, repeat, tile, roll and pad, of every type", async () => {
  for (const dtype of ["float32", "int32", "bool"] as const) {
    const x = tensor(
      [
        [0, 1],
        [1, 1],
      ],
      { device, dtype },
    );
    const rows = async (y: Tensor): Promise<[readonly number[], string, number[]]> => [y.shape, y.dtype, [...(await y.data())]];
    expect(await rows(stack([x, x], -1))).toEqual([[2, 2, 2], dtype, [0, 0, 1, 1, 1, 1, 1, 1]]);
    expect(await rows(repeat(x, 2, 1))).toEqual([[2, 4], dtype, [0, 0, 1, 1, 1, 1, 1, 1]]);
    expect(await rows(tile(x, [1, 2]))).toEqual([[2, 4], dtype, [0, 1, 0, 1, 1, 1, 1, 1]]);
    expect(await rows(roll(x, 1, 1))).toEqual([[2, 2], dtype, [1, 0, 1, 1]]);
    expect(
      await rows(
        pad(
          x,
          [
            [0, 0],
            [1, -1],
          ],
          1,
        ),
      ),
    ).toEqual([[2, 2], dtype, [1, 0, 1, 1]]);
  }
});
