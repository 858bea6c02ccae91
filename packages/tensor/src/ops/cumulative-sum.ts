import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { alongLast } from "./along.ts";
import { pad } from "./copy.ts";
import { add } from "./instructions.ts";
import { flip, slice } from "./views.ts";

const lastAxis: (inputs: [x: Tensor], settings: object) => readonly Tensor[] = op<[x: Tensor], object, "cumulativeSum">("cumulativeSum", {
  compose: ([x]) => {
    const length = x.shape.at(-1) as number;
    const still = new Array<readonly [number, number]>(x.rank - 1).fill([0, 0]);
    let sums: Tensor = x;
    // after each step an element is the sum of twice as many that end with it
    for (let reach = 1; reach < length; reach *= 2) sums = add(sums, pad(slice(sums, -1, { end: length - reach }), [...still, [reach, 0]]));
    return [sums];
  },
  kernel: { name: "cumulativeSum", call: ([x]) => ({ settings: {}, operands: [x], outputs: [{ shape: x.shape, dtype: x.dtype }] }) },
  vjp: ({ cotangents: [g] }) => [g ? flip(lastAxis([flip(g, -1)], {})[0] as Tensor, -1) : null],
});

/** Running sums along an axis: `[a, a + b, a + b + c]`. */
export function cumulativeSum<Rank extends number>(x: Tensor<Rank>, axis = -1): Tensor<Rank> {
  return alongLast("cumulativeSum", x, axis, (rows) => lastAxis([rows], {})[0] as Tensor) as Tensor<Rank>;
}
