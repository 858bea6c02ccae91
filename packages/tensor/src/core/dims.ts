import { TensorError } from "./errors.ts";

/** The names in a string such as `"batch time dim"`, as a tuple. */
export type AxisList<Names extends string> = Names extends `${infer First} ${infer Rest}` ? [First, ...AxisList<Rest>] : [Names];

/** A string of axis names, whose count must be `Rank` where that is known. */
export type AxisNames<Names extends string, Rank extends number> = number extends Rank
  ? Names
  : AxisList<Names>["length"] extends Rank
    ? Names
    : `expected ${Rank} axis names`;

/** A size for each of the names in a string such as `"batch time dim"`. */
export type Dims<Names extends string> = { readonly [Name in AxisList<Names>[number]]: number };

/** Reads a shape by the names of its axes and checks the sizes that are known. */
export function readDims(shape: readonly number[], names: string, known: Readonly<Partial<Record<string, number>>> = {}): Record<string, number> {
  const axes = names.split(" ");
  if (axes.length !== shape.length)
    throw new TensorError(`dims: expected ${axes.length} axes [${axes.join(", ")}], got ${shape.length}: [${shape.join(", ")}]`);
  const stranger = Object.keys(known).find((name) => !axes.includes(name));
  if (stranger !== undefined) throw new TensorError(`dims: ${stranger} is none of the axes [${axes.join(", ")}]`);
  const sizes: Record<string, number> = {};
  for (const [axis, name] of axes.entries()) {
    const size = shape[axis] as number;
    const expected = known[name] ?? sizes[name];
    if (expected !== undefined && expected !== size)
      throw new TensorError(`dims: expected ${name} to be ${expected}, got ${size} in [${axes.join(", ")}] = [${shape.join(", ")}]`);
    sizes[name] = size;
  }
  return sizes;
}
