import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, broadcast, elements, flipped, floats, indices, integers, permuted } from "./given.ts";
import { exact, summed } from "./tolerance.ts";

function add(name: string, axis: number, size: number, make: () => readonly [Given, Given], tolerance: Tolerance = summed(64)): ConformanceCase {
  return callCase("scatterAdd", name, tolerance, () => {
    const [source, places] = make();
    const shape = source.shape.with(axis, size);
    const key = (index: readonly number[]): string => index.join();
    const sums = new Map<string, number>();
    for (const index of indices(source.shape)) {
      const target = key(index.with(axis, at(places, index)));
      sums.set(target, (sums.get(target) ?? 0) + at(source, index));
    }
    const values = indices(shape).map((index) => sums.get(key(index)) ?? 0);
    return { settings: { axis, size }, operands: [source, places], outputs: [{ shape, dtype: source.dtype, values }] };
  });
}

/** Added to what is there already, which may be given up. */
function onto(name: string, axis: number, make: () => readonly [source: Given, places: Given, onto: Given], donated: readonly number[] = []): ConformanceCase {
  return callCase("scatterAdd", name, summed(64), () => {
    const [source, places, before] = make();
    const values = elements(before);
    const order = new Map(indices(before.shape).map((index, place) => [index.join(), place]));
    for (const index of indices(source.shape)) {
      const place = order.get(index.with(axis, at(places, index)).join())!;
      values[place] = values[place]! + at(source, index);
    }
    const outputs = [{ shape: before.shape, dtype: source.dtype, values }];
    return { settings: { axis, size: before.shape[axis]! }, operands: [source, places, before], ...(donated.length > 0 && { donated }), outputs };
  });
}

const rowIndices = (count: number, width: number, below: number): Given => broadcast(integers([count, 1], 5, 0, below), [count, width]);

/** Sums at places, along every axis. */
export const scatterAdd: readonly ConformanceCase[] = [
  add("rows into a table, its indices repeated by stride 0, some rows many times and some never", 0, 11, () => [floats([40, 7], 1), rowIndices(40, 7, 9)]),
  add("wide rows", 0, 50, () => [floats([33, 65], 1), rowIndices(33, 65, 50)]),
  add("every row into one", 0, 3, () => [floats([64, 5], 1), broadcast(array([1, 1], [1], "int32"), [64, 5])]),
  add("a cotangent repeated by stride 0", 0, 6, () => [broadcast(floats([7], 1), [9, 7]), rowIndices(9, 7, 6)]),
  add("transposed rows", 0, 6, () => [permuted(floats([7, 9], 1), [1, 0]), rowIndices(9, 7, 6)]),
  add("flipped rows", 0, 6, () => [flipped(floats([9, 7], 1), 0), rowIndices(9, 7, 6)]),
  add("single numbers along the last axis", 1, 9, () => [floats([6, 4], 1), integers([6, 4], 2, 0, 9)]),
  add("one class a row", 1, 10, () => [floats([33, 1], 1), integers([33, 1], 2, 0, 10)]),
  add("a middle axis", 1, 5, () => [floats([3, 7, 4], 1), integers([3, 7, 4], 2, 0, 5)]),
  add("transposed indices", 1, 9, () => [floats([6, 4], 1), permuted(integers([4, 6], 2, 0, 9), [1, 0])]),
  add("integers, which wrap", 0, 2, () => [array([4], [2 ** 31 - 1, 5, 3, -7], "int32"), array([4], [0, 1, 1, 1], "int32")], exact),
  add(
    "NaN and infinities stay at their places",
    0,
    4,
    () => [array([5], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 2]), array([5], [0, 1, 1, 2, 3], "int32")],
    exact,
  ),
  ...([[], [2]] as const).flatMap((donated) => {
    const where = donated.length > 0 ? "an array that is given up" : "an array";
    return [
      onto(`rows onto ${where}`, 0, () => [floats([40, 8], 1), rowIndices(40, 8, 9), floats([11, 8], 2)], donated),
      onto(`rows of an odd width onto ${where}`, 0, () => [floats([9, 7], 1), rowIndices(9, 7, 6), floats([6, 7], 2)], donated),
      onto(`single numbers onto ${where}`, 1, () => [floats([6, 4], 1), integers([6, 4], 2, 0, 9), floats([6, 9], 2)], donated),
      onto(`integers onto ${where}`, 0, () => [integers([5], 1, -9, 9), integers([5], 2, 0, 3), integers([3], 3, -9, 9)], donated),
      onto(`nothing onto ${where}`, 0, () => [floats([0, 3], 1), integers([0, 3], 2, 0, 1), floats([4, 3], 2)], donated),
    ];
  }),
  onto("rows onto an array that lies in another order", 0, () => [floats([9, 8], 1), rowIndices(9, 8, 6), permuted(floats([8, 6], 2), [1, 0])]),
  onto("what is added may be given up, and is of the result's shape", 0, () => [floats([9, 8], 1), rowIndices(9, 8, 9), floats([9, 8], 2)], [0]),
  onto("what is added and what it is added to may both be given up", 0, () => [floats([9, 8], 1), rowIndices(9, 8, 9), floats([9, 8], 2)], [0, 2]),
  add("nothing into zeros", 0, 4, () => [floats([0, 3], 1), integers([0, 3], 2, 0, 1)], exact),
  callCase("scatterAdd", "many small whole numbers are exact", exact, () => {
    const places = integers([1025], 3, 0, 7);
    const counts = new Float64Array(7);
    for (const place of places.data) counts[place] = counts[place]! + 1;
    return {
      settings: { axis: 0, size: 7 },
      operands: [array([1025], new Float32Array(elementCount([1025])).fill(1)), places],
      outputs: [{ shape: [7], values: counts }],
    };
  }),
];
