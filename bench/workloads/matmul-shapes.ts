import { uniform } from "../common/weights.ts";

/** A product's sizes out of its name: `512x512x512`. */
export const shapeOf = (variant: string): readonly [rows: number, depth: number, columns: number] => {
  const [rows = 1, depth = 1, columns = 1] = variant.split("x").map(Number);
  return [rows, depth, columns];
};

/** Both sides. */
export function sidesOf(variant: string): { readonly a: Float32Array; readonly b: Float32Array } {
  const [rows, depth, columns] = shapeOf(variant);
  return { a: uniform(rows * depth, 1), b: uniform(depth * columns, 2) };
}

/** How often a repetition multiplies: so often that it takes a time that a clock sees. */
export const repeatsOf = (variant: string): number => (shapeOf(variant)[0] === 1 ? 20 : 1);
