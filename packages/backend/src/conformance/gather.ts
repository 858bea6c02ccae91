import type { ConformanceCase } from "./case.ts";
import { callCase, deviceCase, launch, upload, whole } from "./case.ts";
import { expectDeviceError } from "./compare.ts";
import { ConformanceError } from "./error.ts";
import type { Given } from "./given.ts";
import { array, at, bools, broadcast, flipped, floats, indices, integers, permuted, sliced } from "./given.ts";
import { halves, isHalf, widened } from "./halves.ts";
import { exact } from "./tolerance.ts";

function look(name: string, axis: number, make: () => readonly [Given, Given]): ConformanceCase {
  return callCase("gather", name, exact, () => {
    const [x, places] = make();
    const numbers = isHalf(x) ? widened(x) : x;
    const values = indices(places.shape).map((index) => at(numbers, index.with(axis, at(places, index))));
    return { settings: { axis }, operands: [x, places], outputs: [{ shape: places.shape, dtype: numbers.dtype, values }] };
  });
}

/** Rows `[count]` repeated along `width` columns: the indices of a row look-up. */
const rowIndices = (count: number, width: number, below: number): Given => broadcast({ ...integers([count, 1], 5, 0, below) }, [count, width]);

/** Look-ups along every axis. */
export const gather: readonly ConformanceCase[] = [
  look("rows of a table, its indices repeated by stride 0", 0, () => [floats([11, 7], 1), rowIndices(20, 7, 11)]),
  look("rows of a wide table", 0, () => [floats([50, 65], 1), rowIndices(33, 65, 50)]),
  look("rows of a transposed table", 0, () => [permuted(floats([7, 11], 1), [1, 0]), rowIndices(20, 7, 11)]),
  look("rows of a flipped table", 0, () => [flipped(floats([11, 7], 1), 0), rowIndices(20, 7, 11)]),
  look("rows repeated by stride 0", 0, () => [broadcast(floats([7], 1), [4, 7]), rowIndices(9, 7, 4)]),
  look("single numbers along the last axis", 1, () => [floats([6, 9], 1), integers([6, 4], 2, 0, 9)]),
  look("one class a row", 1, () => [floats([33, 10], 1), integers([33, 1], 2, 0, 10)]),
  look("a middle axis", 1, () => [floats([3, 5, 4], 1), integers([3, 7, 4], 2, 0, 5)]),
  look("the first of three axes", 0, () => [floats([5, 3, 4], 1), integers([2, 3, 4], 2, 0, 5)]),
  look("transposed indices", 1, () => [floats([6, 9], 1), permuted(integers([4, 6], 2, 0, 9), [1, 0])]),
  look("a single axis", 0, () => [floats([9], 1), integers([31], 2, 0, 9)]),
  look("integers", 0, () => [integers([9, 3], 1, -1e9, 1e9), rowIndices(5, 3, 9)]),
  look("bools", 1, () => [bools([5, 9], 1), integers([5, 3], 2, 0, 9)]),
  look("NaN and infinities as they are", 0, () => [
    array([3], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
    array([4], [2, 0, 1, 0], "int32"),
  ]),
  look("nothing", 0, () => [floats([4, 3], 1), integers([0, 3], 2, 0, 1)]),
  ...(["float16", "bfloat16"] as const).flatMap((dtype) => {
    const kept = (shape: readonly number[], seed: number): Given => halves(floats(shape, seed), dtype);
    return [
      look(`rows of ${dtype}, their indices repeated by stride 0`, 0, () => [kept([11, 7], 1), rowIndices(20, 7, 11)]),
      look(`rows of a wide table of ${dtype}`, 0, () => [kept([50, 65], 1), rowIndices(33, 65, 50)]),
      look(`rows of whole fours of ${dtype}`, 0, () => [kept([19, 24], 1), rowIndices(9, 24, 19)]),
      look(`rows of a transposed table of ${dtype}`, 0, () => [permuted(kept([7, 11], 1), [1, 0]), rowIndices(20, 7, 11)]),
      look(`rows of a flipped table of ${dtype}`, 0, () => [flipped(kept([11, 7], 1), 0), rowIndices(20, 7, 11)]),
      look(`rows of a part of a table of ${dtype}, behind an odd offset`, 0, () => [
        sliced(sliced(kept([12, 30], 1), 0, 1, 11, 2), 1, 3, 19),
        rowIndices(9, 16, 5),
      ]),
      look(`every second column of ${dtype}`, 0, () => [sliced(kept([9, 40], 1), 1, 1, 40, 2), rowIndices(7, 20, 9)]),
      look(`rows of ${dtype} repeated by stride 0`, 0, () => [broadcast(kept([7], 1), [4, 7]), rowIndices(9, 7, 4)]),
      look(`single numbers of ${dtype} along the last axis`, 1, () => [kept([6, 9], 1), integers([6, 4], 2, 0, 9)]),
      look(`a middle axis of ${dtype}`, 1, () => [kept([3, 5, 4], 1), integers([3, 7, 4], 2, 0, 5)]),
      look(`columns of ${dtype}, one after the other`, 1, () => [kept([5, 12], 1), broadcast(integers([7], 2, 0, 12), [5, 7])]),
      look(`a single axis of ${dtype}`, 0, () => [kept([9], 1), integers([31], 2, 0, 9)]),
      look(`nothing of ${dtype}`, 0, () => [kept([4, 3], 1), integers([0, 3], 2, 0, 1)]),
      look(`every ${dtype} is the number that it stands for, in rows`, 0, () => [everyBits(dtype, [256, 256]), broadcast(backwards(256), [256, 256])]),
      look(`every ${dtype} is the number that it stands for, one by one`, 0, () => [
        everyBits(dtype, [2 ** 16]),
        { ...backwards(2 ** 16), shape: [2 ** 16], strides: [1] },
      ]),
    ];
  }),
  look("no columns", 0, () => [floats([4, 0], 1), integers([3, 0], 2, 0, 1)]),
  ...[-1, 4, 2 ** 30].map((index) =>
    deviceCase("gather", `index ${index} of a table of four is an error or NaN`, exact, async (device) => {
      const table = upload(device, floats([4], 1));
      const places = upload(device, array([3], [0, index, 1], "int32"));
      const attempt = async (): Promise<number> => {
        const [buffer] = launch(device, "gather", { settings: { axis: 0 }, operands: [table, places], outputs: [{ shape: [3], dtype: "float32" }] });
        try {
          return (await device.read(whole(buffer!, [3])))[1]!;
        } finally {
          device.free(buffer!);
        }
      };
      await expectDeviceError(`gather of index ${index}`, async () => {
        const value = await attempt();
        if (!Number.isNaN(value)) throw new ConformanceError(`gather: index ${index} of a table of four gave ${value}; expected a DeviceError or NaN`);
        throw new NotANumber();
      }).catch((error: unknown) => {
        if (!(error instanceof Error && error.cause instanceof NotANumber)) throw error;
      });
      device.free(table.buffer);
      device.free(places.buffer);
    }),
  ),
];

/** Every pattern of 16 bits, in order. */
function everyBits(dtype: "float16" | "bfloat16", shape: readonly number[]): Given {
  return array(
    shape,
    Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits),
    dtype,
  );
}

/** The indices `count − 1` to 0, as a column. */
function backwards(count: number): Given {
  return array(
    [count, 1],
    Int32Array.from({ length: count }, (_, index) => count - 1 - index),
    "int32",
  );
}

/** Marks the answer of a device that cannot tell. */
class NotANumber extends Error {}
