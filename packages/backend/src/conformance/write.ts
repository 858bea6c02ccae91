import type { DType } from "../contract/dtype.ts";
import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, broadcast, elements, flipped, floats, indices, integers, permuted, sliced } from "./given.ts";
import { exact } from "./tolerance.ts";

function written(name: string, start: number, make: () => { readonly x: Given; readonly source: Given }, { axis = 1, donated = false } = {}): ConformanceCase {
  return callCase("write", name, exact, () => {
    const { x, source } = make();
    const values = indices(x.shape).map((index) => {
      const place = index[axis]! - start;
      return place >= 0 && place < source.shape[axis]! ? at(source, index.with(axis, place)) : at(x, index);
    });
    return {
      settings: { axis },
      operands: [x, source],
      scalars: [start],
      ...(donated && { donated: [0] }),
      outputs: [{ shape: x.shape, dtype: x.dtype, values }],
    };
  });
}

const given = (places: number, seed = 2): (() => { x: Given; source: Given }) => {
  return () => ({ x: floats([2, 5, 3, 4], 1), source: floats([2, places, 3, 4], seed) });
};

const halves = (dtype: DType): Given => array([3, 4], [0, 1, 0x7c00, 0xffff, 0x3c00, 5, 6, 7, 8, 9, 10, 11], dtype);

/** Writing an array over a part of another. */
export const write: readonly ConformanceCase[] = [
  ...[true, false].flatMap((donated) => {
    const how = donated ? "in a donated array" : "in a copy";
    return [
      ...[0, 2, 4].map((start) => written(`one place, ${start}, ${how}`, start, given(1), { donated })),
      written(`several places, ${how}`, 1, given(3), { donated }),
      written(`every place, ${how}`, 0, given(5), { donated }),
      written(`no place, ${how}`, 5, given(0), { donated }),
      written(`along the first axis, ${how}`, 1, () => ({ x: floats([4, 3], 1), source: floats([2, 3], 2) }), { axis: 0, donated }),
      written(`along the last axis, ${how}`, 2, () => ({ x: floats([4, 7], 1), source: floats([4, 3], 2) }), { axis: 1, donated }),
      written(`of int32, ${how}`, 1, () => ({ x: integers([3, 4], 1, -9, 9), source: integers([3, 2], 2, -9, 9) }), { donated }),
      written(`of float16, ${how}`, 1, () => ({ x: halves("float16"), source: sliced(halves("float16"), 1, 0, 3) }), { donated }),
      written(`a source repeated over the batch, ${how}`, 3, () => ({ x: floats([4, 5, 8], 1), source: broadcast(floats([1, 1, 8], 2), [4, 2, 8]) }), {
        donated,
      }),
      written(`a source that lies in another order, ${how}`, 1, () => ({ x: floats([3, 9, 8], 1), source: permuted(floats([8, 5, 3], 2), [2, 1, 0]) }), {
        donated,
      }),
      written(`a source from back to front, ${how}`, 2, () => ({ x: floats([3, 6], 1), source: flipped(floats([3, 4], 2), 1) }), { donated }),
    ];
  }),
  written("an array that lies in another order", 1, () => ({ x: permuted(floats([4, 6, 3], 1), [2, 1, 0]), source: floats([3, 2, 4], 2) })),
  callCase("write", "what isn't a number stays as it is, and a number next to it too", exact, () => ({
    settings: { axis: 0 },
    operands: [array([4], [Number.NaN, 1, Number.POSITIVE_INFINITY, -0]), array([1], [Number.NaN])],
    scalars: [1],
    donated: [0],
    outputs: [{ shape: [4], values: [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, -0] }],
  })),
  callCase("write", "a large array", exact, () => {
    const [x, source] = [floats([2, 600, 64], 1), floats([2, 70, 64], 2)];
    const values = elements(x);
    for (const row of [0, 1]) values.splice((row * 600 + 513) * 64, 70 * 64, ...elements(sliced(source, 0, row, row + 1)));
    return { settings: { axis: 1 }, operands: [x, source], scalars: [513], donated: [0], outputs: [{ shape: x.shape, values }] };
  }),
];
