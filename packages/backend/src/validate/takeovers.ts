import type { KernelCall } from "../contract/device.ts";

/** What a kernel may write over, where that isn't any operand like its output: others are read after it began to write. */
const only: Readonly<Record<string, readonly number[]>> = { scatterAdd: [2] };

/** For each output the donated operand whose memory a kernel that works in place writes it to: one of the same type and shape, taken once. */
export function takeovers({ kernel, operands, outputs, donated = [] }: KernelCall): (number | undefined)[] {
  const free = donated.filter((index) => only[kernel]?.includes(index) ?? true);
  return outputs.map(({ shape, dtype }) => {
    const at = free.findIndex((index) => {
      const operand = operands[index]!;
      return operand.dtype === dtype && operand.shape.length === shape.length && operand.shape.every((size, axis) => size === shape[axis]);
    });
    return at < 0 ? undefined : free.splice(at, 1)[0];
  });
}
