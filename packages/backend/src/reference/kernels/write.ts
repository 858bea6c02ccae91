import type { Body } from "../body.ts";

// The output begins as x. Then, with the axes before `axis` as rows, and those after it as the elements of a place:
//   output[row, start + i, …] = source[row, i, …]

export const write: Body<"write"> = ({ settings: { axis }, operands, scalars: [start] }, [x, source], [output]) => {
  const { shape } = operands[0]!;
  const places = operands[1]!.shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((count, size) => count * size, 1);
  const [run, step] = [places * inner, shape[axis]! * inner];
  if (output!.buffer !== x!.buffer) output!.set(x!);
  for (let row = 0; row * run < source!.length; row++) output!.set(source!.subarray(row * run, (row + 1) * run), row * step + start! * inner);
};
