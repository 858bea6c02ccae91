import type { Body } from "../body.ts";

// For every row of the last axis, order its places by element (NaN before all, then largest first, ties by lower place):
//   values[j] = x[order[j]]        indices[j] = order[j]        for the first k

export const topK: Body<"topK"> = ({ settings: { k }, operands }, [x], [values, indices]) => {
  const size = operands[0]!.shape.at(-1)!;
  for (let row = 0; row * size < x!.length; row++) {
    const start = row * size;
    const order = Array.from({ length: size }, (_, place) => place);
    order.sort((a, b) => compare(x![start + a]!, x![start + b]!) || a - b);
    for (let j = 0; j < k; j++) {
      values![row * k + j] = x![start + order[j]!]!;
      indices![row * k + j] = order[j]!;
    }
  }
};

/** Below zero when a comes before b. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : a > b ? -1 : 1;
}
