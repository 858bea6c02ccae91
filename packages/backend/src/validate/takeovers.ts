import type { KernelCall } from "../contract/device.ts";

/** For each output the donated operand whose memory a kernel that works in place writes it to: one of the same type and shape, taken once. */
export function takeovers({ operands, outputs, donated = [] }: KernelCall): (number | undefined)[] {
  const free = [...donated];
  return outputs.map(({ shape, dtype }) => {
    const at = free.findIndex((index) => {
      const operand = operands[index]!;
      return operand.dtype === dtype && operand.shape.length === shape.length && operand.shape.every((size, axis) => size === shape[axis]);
    });
    return at < 0 ? undefined : free.splice(at, 1)[0];
  });
}
