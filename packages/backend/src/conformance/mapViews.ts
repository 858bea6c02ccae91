import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, bools, broadcast, elements, flipped, floats, integers, permuted, sliced } from "./given.ts";
import { contracted, exact } from "./tolerance.ts";

// x · y + 1 over every kind of view and every rank.

const views: Readonly<Record<string, () => readonly [Given, Given]>> = {
  "a transpose": () => [permuted(floats([5, 7], 1), [1, 0]), floats([7, 5], 2)],
  "two transposes": () => [permuted(floats([33, 65], 1), [1, 0]), permuted(floats([33, 65], 2), [1, 0])],
  "a repeated row": () => [floats([6, 9], 1), broadcast(floats([9], 2), [6, 9])],
  "a repeated column": () => [floats([6, 9], 1), broadcast(floats([6, 1], 2), [6, 9])],
  "an outer product of repeats": () => [broadcast(floats([7, 1], 1), [7, 31]), broadcast(floats([31], 2), [7, 31])],
  "one number repeated": () => [broadcast(floats([], 1), [3, 1, 5]), floats([3, 1, 5], 2)],
  "a negative stride": () => [flipped(floats([5, 7], 1), 1), flipped(floats([5, 7], 2), 0)],
  "a flip of one axis of a long line": () => [flipped(floats([1025], 1), 0), floats([1025], 2)],
  "an offset": () => [sliced(floats([9, 8], 1), 0, 3, 7), sliced(sliced(floats([6, 11], 2), 0, 2, 6), 1, 3, 11)],
  "every second element": () => [sliced(floats([66], 1), 0, 1, 66, 2), sliced(floats([99], 2), 0, 0, 99, 3)],
  "a split of heads": () => [permuted(floats([2, 5, 3, 4], 1), [0, 2, 1, 3]), broadcast(floats([3, 1, 4], 2), [2, 3, 5, 4])],
  "six axes in another order": () => [permuted(floats([2, 3, 2, 3, 2, 3], 1), [5, 0, 3, 2, 4, 1]), floats([3, 2, 3, 2, 2, 3], 2)],
  "six axes, some repeated": () => [broadcast(floats([2, 1, 3, 1, 2, 1], 1), [2, 3, 3, 2, 2, 5]), broadcast(floats([3, 1, 2, 1, 5], 2), [2, 3, 3, 2, 2, 5])],
};

const shapes = [
  [],
  [1],
  [3],
  [7],
  [31],
  [33],
  [255],
  [1025],
  [4099],
  [0],
  [3, 0],
  [0, 5],
  [2, 0, 3],
  [1, 1, 1, 1, 1, 1],
  [2, 3],
  [2, 3, 4],
  [2, 3, 4, 5],
  [2, 1, 3, 1, 4],
  [2, 2, 2, 2, 2, 2],
];

/** Shapes, strides, offsets. */
export const mapViews: readonly ConformanceCase[] = [
  ...Object.entries(views).map(([name, make]) => multiplyAdd(`reads ${name}`, make)),
  ...shapes.map((shape) => multiplyAdd(`the shape [${shape.join(", ")}]`, () => [floats(shape, 1), floats(shape, 2)])),
  callCase("map", "reads the same buffer through two views", exact, () => {
    const x = floats([8, 8], 3);
    const turned = permuted(x, [1, 0]);
    return {
      settings: { program: { operands: 2, scalars: 0, instructions: [["subtract", 0, 1]] } },
      operands: [x, turned],
      outputs: [{ shape: [8, 8], values: elements(x).map((value, i) => value - elements(turned)[i]!) }],
    };
  }),
  callCase("map", "reads views of integers and bools", exact, () => {
    const condition = permuted(bools([7, 5], 1), [1, 0]);
    const x = flipped(integers([5, 7], 2, -99, 99), 0);
    const y = broadcast(array([1, 1], [-5], "int32"), [5, 7]);
    const [c, a] = [elements(condition), elements(x)];
    return {
      settings: { program: { operands: 3, scalars: 0, instructions: [["where", 0, 1, 2]] } },
      operands: [condition, x, y],
      outputs: [{ shape: [5, 7], dtype: "int32", values: a.map((value, i) => (c[i] ? value : -5)) }],
    };
  }),
];

function multiplyAdd(name: string, make: () => readonly [Given, Given]): ConformanceCase {
  return callCase("map", name, contracted(1), () => {
    const [x, y] = make();
    const [a, b] = [elements(x), elements(y)];
    return {
      settings: {
        program: {
          operands: 2,
          scalars: 0,
          instructions: [
            ["multiply", 0, 1],
            ["literal", 1],
            ["add", 2, 3],
          ],
        },
      },
      operands: [x, y],
      outputs: [{ shape: x.shape, values: a.map((value, i) => Math.fround(Math.fround(value * b[i]!) + 1)) }],
    };
  });
}
