import type { DType, Operand } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";

/**
 * An array as a shader sees it. float32 and bool are a number each, the 16-bit floats the number of their bits, and an int32 two numbers: all
 * lower halves (0 to 65535), then from `plane` on all upper ones (−32768 to 32767), so that all 32 bits are exact.
 */
export interface Source {
  /**
   * Which operand of the call (`wide`: as the float32 numbers that its 16-bit floats stand for), which array that the steps of its plan made before, or the
   * table of all 16-bit floats of a format.
   */
  readonly of: { readonly operand: number; readonly wide?: true } | { readonly made: number } | { readonly table: "float16" | "bfloat16" };
  readonly dtype: DType;
  /** How many groups of four numbers it takes. */
  readonly texels: number;
  /** Where the upper halves begin, in texels; 0 where there are none. */
  readonly plane: number;
}

/** A source seen through a shape. */
export interface View {
  readonly source: Source;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** How many texels an array of so many elements takes, and where an int32's upper halves begin. */
export function layout(dtype: DType, count: number): { readonly texels: number; readonly plane: number } {
  const plane = Math.ceil(count / 4);
  return dtype === "int32" ? { texels: 2 * plane, plane } : { texels: plane, plane: 0 };
}

/** What a call's operand is to its shaders; an array that stands for several operands is bound once. */
export function viewOf(operands: readonly Operand[], index: number, countOf: (operand: Operand) => number): View {
  const operand = operands[index]!;
  const first = operands.findIndex(({ buffer }) => buffer === operand.buffer);
  const { shape, strides, offset, dtype } = operand;
  return { source: { of: { operand: first }, dtype, ...layout(dtype, countOf(operand)) }, shape, strides, offset };
}

/** A whole array, seen contiguous. */
export function wholeView(source: Source, shape: readonly number[]): View {
  let step = elementCount(shape);
  const strides = shape.map((size) => {
    step = size === 0 ? 0 : step / size;
    return step;
  });
  return { source, shape, strides, offset: 0 };
}
